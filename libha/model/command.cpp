// Commands: their names, and one sentence about each for people.
#include "model/command.hpp"

namespace ha::model {

namespace {

template <class... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};

std::string because(const std::string& reason) { return reason.empty() ? "" : ": " + reason; }

std::string name_of_monitor(const ClusterSpec& spec, MonitorId id) {
    if (const auto* monitor = find_monitor(spec, id)) return monitor->name;
    return std::to_string(id.value);
}

const char* words_of(NodeMode mode) {
    switch (mode) {
        case NodeMode::in_service: return " is in service";
        case NodeMode::maintenance: return " goes into maintenance";
        case NodeMode::standby: return " goes on standby";
        case NodeMode::isolated: return " is isolated";
    }
    return "";
}

std::string describe_evict(const ClusterSpec& spec, const Evict& c) {
    auto out = "stop group " + name_of(spec, c.group) + " where it is";
    out += c.target ? " and move it to node " + name_of(spec, c.target) : " and release it";
    if (c.ban_owner) out += ", and do not try that node again";
    return out + because(c.reason);
}

std::string describe_goal(const ClusterSpec& spec, const SetGoal& c) {
    auto out = "group " + name_of(spec, c.group) + " shall be " + to_string(c.goal);
    if (c.target) out += " on node " + name_of(spec, c.target);
    if (c.clear_bans) out += ", its failures are forgotten";
    return out + because(c.reason);
}

}  // namespace

const char* name_of(const Command& command) noexcept {
    return std::visit(Overloaded{
                          [](const SetSpec&) { return "set_spec"; },
                          [](const NodeUp&) { return "node_up"; },
                          [](const NodeDown&) { return "node_down"; },
                          [](const NodeLeaving&) { return "node_leaving"; },
                          [](const NodeLeft&) { return "node_left"; },
                          [](const Give&) { return "give"; },
                          [](const Evict&) { return "evict"; },
                          [](const Release&) { return "release"; },
                          [](const StopFailed&) { return "stop_failed"; },
                          [](const SetGoal&) { return "set_goal"; },
                          [](const ClearBans&) { return "clear_bans"; },
                          [](const SetNodeMode&) { return "set_node_mode"; },
                          [](const PauseMonitor&) { return "pause_monitor"; },
                          [](const RequestFence&) { return "request_fence"; },
                          [](const FenceDone&) { return "fence_done"; },
                          [](const ConfirmOff&) { return "confirm_off"; },
                          [](const PassTime&) { return "pass_time"; },
                      },
                      command);
}

std::string describe(const ClusterSpec& spec, const Command& command) {
    const auto node = [&](NodeId id) { return "node " + name_of(spec, id); };
    const auto group = [&](GroupId id) { return "group " + name_of(spec, id); };
    const auto number = [](auto id) { return std::to_string(id.value); };
    return std::visit(
        Overloaded{
            [&](const SetSpec& c) {
                return "configuration of " + c.spec.name + " changes from revision " +
                       number(c.base);
            },
            [&](const NodeUp& c) { return node(c.node) + " is up with start " + number(c.start); },
            [&](const NodeDown& c) {
                return node(c.node) + " is declared down with start " + number(c.start) +
                       because(c.reason);
            },
            [&](const NodeLeaving& c) { return node(c.node) + " is about to stop"; },
            [&](const NodeLeft& c) { return node(c.node) + " has stopped cleanly"; },
            [&](const Give& c) {
                return "give " + group(c.group) + " to " + node(c.node) + because(c.reason);
            },
            [&](const Evict& c) { return describe_evict(spec, c); },
            [&](const Release& c) {
                return node(c.node) + " has released " + group(c.group) + because(c.reason);
            },
            [&](const StopFailed& c) {
                return node(c.node) + " could not stop " + group(c.group) + because(c.reason);
            },
            [&](const SetGoal& c) { return describe_goal(spec, c); },
            [&](const ClearBans& c) {
                return (c.only_failures ? "try again all nodes where it failed: "
                                        : "forget the failures of ") +
                       group(c.group) +
                       (c.node ? " on " + node(c.node) : " on all nodes");
            },
            [&](const SetNodeMode& c) {
                return node(c.node) + words_of(c.mode) + because(c.reason);
            },
            [&](const PassTime& c) {
                return std::to_string(c.elapsed.count() / 1'000'000) + " ms have passed";
            },
            [&](const RequestFence& c) {
                return "fence " + node(c.node) + because(c.reason);
            },
            [&](const FenceDone& c) {
                return node(c.node) +
                       (c.is_confirmed ? " is harmless" : " could not be made harmless") +
                       because(c.reason);
            },
            [&](const ConfirmOff& c) {
                return node(c.node) + " is off, as an operator says" + because(c.reason);
            },
            [&](const PauseMonitor& c) {
                return (c.paused ? "pause monitor " : "resume monitor ") +
                       name_of_monitor(spec, c.monitor);
            },
        },
        command);
}

}  // namespace ha::model
