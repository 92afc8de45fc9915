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
/// A node that hears no other for half its lease asks the witness; the answer, and a second one if
/// the first is lost, has to come within the other half (safety.md F10). `field` is of "witness".
TimingRule witness_rule(const model::ClusterSpec& spec);
/// All that apply to this configuration.
std::vector<TimingRule> timing_rules(const model::ClusterSpec& spec);
/// How long a node that dies is missed: "detected after 500ms, ... , then one commit".
std::string takeover_text(const model::Timing& timing);

}  // namespace ha::config
