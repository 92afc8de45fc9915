// Carrying out the commands of operate.hpp and checkpoint.hpp: each gives the rule by which it is
// ignored, or nothing.
#pragma once

#include <string>
#include <vector>

#include "base/event.hpp"
#include "model/command.hpp"
#include "model/state.hpp"

namespace ha::model {

/// The state, and what is told about its change.
struct Operating {
    ClusterState& state;
    std::vector<Event>& events;
};

std::string operate(Operating& it, const PauseMonitor& c);
std::string operate(Operating& it, const InjectFailure& c);
std::string operate(Operating& it, const SetFrozen& c);
std::string operate(Operating& it, const SetStopped& c);
std::string operate(Operating& it, const SetTrial& c);
std::string operate(Operating& it, const SetRatio& c);
std::string operate(Operating& it, const TimePassed& c);
std::string operate(Operating& it, const RequestDone& c);
std::string operate(Operating& it, const WriteSection& c);
std::string operate(Operating& it, const EraseSection& c);

/// The rule by which it would be ignored; empty when it would be carried out.
std::string refusal_of(const ClusterState& state, const WriteSection& c);
std::string refusal_of(const ClusterState& state, const EraseSection& c);

/// Has this request been carried out already?
bool is_done(const ClusterState& state, NodeId node, StartNumber start, RequestId id);

}  // namespace ha::model
