// Timing: the inequalities between the times of a cluster (safety.md F35), as a chain to print.
#pragma once

#include <string>
#include <vector>

#include "model/spec.hpp"

namespace ha::config {

struct TimingRule {
    std::string field;   ///< of "timing", the one to change when it does not hold
    bool holds = true;
    std::string text;    ///< "heartbeat_interval 100ms x 3 = 300ms <= heartbeat_timeout 500ms"
};

std::vector<TimingRule> timing_rules(const model::Timing& timing);
/// How long a node that dies is missed: "detected after 500ms, ... , then one commit".
std::string takeover_text(const model::Timing& timing);

}  // namespace ha::config
