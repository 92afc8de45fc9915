// Commands: their names, and one sentence about each for people.
#include "model/command.hpp"

#include <algorithm>

#include "model/text.hpp"

namespace ha::model {

namespace {

template <class... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};

std::string because(const std::string& reason) { return reason.empty() ? "" : ": " + reason; }

std::string name_of_monitor(const ClusterSpec& spec, MonitorId id) {
    if (!id) return "all monitors";
    if (const auto* monitor = find_monitor(spec, id)) return "monitor " + monitor->name;
    return "monitor " + std::to_string(id.value);
}

std::string spaced(Duration time) { return " " + std::to_string(time / 1ms) + " ms"; }
std::string for_time(Duration left) {
    return left == Duration::zero() ? "" : " for" + spaced(left);
}

std::string describe_operation(const ClusterSpec& spec, const SetStopped& c) {
    std::string names;
    for (const auto& group : spec.groups)
        for (const auto& resource : group.resources)
            if (std::find(c.resources.begin(), c.resources.end(), resource.id) !=
                c.resources.end())
                names += (names.empty() ? "" : ", ") + resource.name;
    return "of group " + name_of(spec, c.group) +
           (names.empty() ? " no resource is to be stopped"
                          : " these resources are to be stopped: " + names) +
           because(c.reason);
}

std::string describe_operation(const ClusterSpec& spec, const InjectFailure& c) {
    return name_of_monitor(spec, c.monitor) +
           (c.on ? " says that it is bad, for a drill" + for_time(c.left)
                 : " says again what it sees");
}

std::string describe_operation(const ClusterSpec& spec, const SetFrozen& c) {
    return "group " + name_of(spec, c.group) + (c.on ? " is frozen" : " is frozen no more") +
           because(c.reason);
}

std::string describe_operation(const ClusterSpec& spec, const SetTrial& c) {
    const auto group = "group " + name_of(spec, c.group);
    return c.from ? group + " goes back to node " + name_of(spec, c.from) +
                        " unless it is online in" + spaced(c.left)
                  : "the move of " + group + " is over";
}

std::string describe_operation(const ClusterSpec&, const SetRatio& c) {
    return "timeouts are " + std::to_string(c.ratio) + " times as long" + for_time(c.left) +
           because(c.reason);
}

std::string describe_operation(const ClusterSpec&, const TimePassed& c) {
    return "time passed:" + spaced(c.passed);
}

std::string describe_operation(const ClusterSpec& spec, const RequestDone& c) {
    return "request " + std::to_string(c.id.value) + " of node " + name_of(spec, c.node) +
           " is done";
}

std::string describe_operation(const ClusterSpec& spec, const WriteSection& c) {
    return "group " + name_of(spec, c.group) + " writes section " + c.name + " of its checkpoint";
}

std::string describe_operation(const ClusterSpec& spec, const EraseSection& c) {
    return "group " + name_of(spec, c.group) + " erases section " + c.name + " of its checkpoint";
}

std::string describe_operation(const ClusterSpec& spec, const PauseMonitor& c) {
    return (c.paused ? "pause " : "resume ") + name_of_monitor(spec, c.monitor) + for_time(c.left);
}

std::string describe_operation(const ClusterSpec&, const RaiseVersion& c) {
    return "the cluster is of version " + std::to_string(c.to) + " from here on";
}

std::string describe_operation(const ClusterSpec&, const SetSuspended& c) {
    return std::string(c.on ? "suspend the cluster" : "resume the cluster") + because(c.reason);
}

std::string describe_operation(const ClusterSpec& spec, const GoneAlone& c) {
    return "node " + name_of(spec, c.node) +
           (c.incarnation_step == 0 ? " goes on alone" : " goes on without the majority") +
           because(c.reason);
}

std::string describe_operation(const ClusterSpec& spec, const EndForkRisk& c) {
    return "node " + name_of(spec, c.node) + " has taken the recovered history over";
}

std::string describe_operation(const ClusterSpec& spec, const OrderNode& c) {
    return "node " + name_of(spec, c.node) + " is to " + to_string(c.order) + because(c.reason);
}

std::string describe_operation(const ClusterSpec& spec, const FoundActive& c) {
    const auto where = "group " + name_of(spec, c.group) + " on node " + name_of(spec, c.node);
    if (!c.is_active) return "nothing is active any more of " + where;
    return where + " is active without a right to be" + (c.is_acted_on ? ", and is stopped" : "");
}

std::string describe_operation(const ClusterSpec& spec, const StopFound& c) {
    return "node " + name_of(spec, c.node) + " is to stop what it found of group " +
           name_of(spec, c.group) + because(c.reason);
}

std::string describe_promise(const ClusterSpec& spec, const PromiseReset& c) {
    const auto node = "node " + name_of(spec, c.node);
    if (c.watchdog == Duration::zero()) return "no watchdog resets " + node + " after its lease";
    return "a watchdog resets " + node + " within " +
           std::to_string(c.watchdog.count() / 1'000'000) + " ms of its lease's end";
}

std::string describe_reset(const ClusterSpec& spec, const NodeReset& c) {
    return "node " + name_of(spec, c.node) + " was reset by its watchdog" + because(c.reason);
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

std::string stopping(const ClusterSpec& spec, const std::vector<GroupId>& groups) {
    std::string names;
    for (const auto id : groups) names += (names.empty() ? "" : ", ") + name_of(spec, id);
    return names.empty() ? "" : "; stopped for it: " + names;
}

std::string describe_change(const ClusterSpec& spec, const BeginChange& c) {
    return "the configuration is to change from revision " + number_of(c.base) +
           stopping(spec, c.groups);
}
std::string describe_change(const ClusterSpec& spec, const HoldForChange& c) {
    return "the change from revision " + number_of(c.base) + " goes on" + stopping(spec, c.groups);
}
std::string describe_change(const ClusterSpec&, const CompleteChange& c) {
    return "the configuration changes from revision " + number_of(c.base);
}
std::string describe_change(const ClusterSpec&, const CancelChange& c) {
    return "the configuration stays at revision " + number_of(c.base);
}
std::string describe_change(const ClusterSpec&, const ConfirmSpec& c) {
    return "revision " + number_of(c.revision) + " of the configuration is confirmed";
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
                          [](const InjectFailure&) { return "inject_failure"; },
                          [](const SetFrozen&) { return "set_frozen"; },
                          [](const SetStopped&) { return "set_stopped"; },
                          [](const SetTrial&) { return "set_trial"; },
                          [](const SetRatio&) { return "set_ratio"; },
                          [](const TimePassed&) { return "time_passed"; },
                          [](const RequestDone&) { return "request_done"; },
                          [](const GoneAlone&) { return "gone_alone"; },
                          [](const EndForkRisk&) { return "end_fork_risk"; },
                          [](const BindToStop&) { return "bind_to_stop"; },
                          [](const PromiseReset&) { return "promise_reset"; },
                          [](const NodeReset&) { return "node_reset"; },
                          [](const ForkedGroup&) { return "forked_group"; },
                          [](const WriteSection&) { return "write_section"; },
                          [](const EraseSection&) { return "erase_section"; },
                          [](const BeginChange&) { return "begin_change"; },
                          [](const HoldForChange&) { return "hold_for_change"; },
                          [](const CompleteChange&) { return "complete_change"; },
                          [](const CancelChange&) { return "cancel_change"; },
                          [](const ConfirmSpec&) { return "confirm_spec"; },
                          [](const OrderNode&) { return "order_node"; },
                          [](const SetSuspended&) { return "set_suspended"; },
                          [](const RaiseVersion&) { return "raise_version"; },
                          [](const FoundActive&) { return "found_active"; },
                          [](const StopFound&) { return "stop_found"; },
                      },
                      command);
}

std::uint32_t version_of(const Command& command) noexcept {
    return std::visit(
        Overloaded{
            [](const RaiseVersion& c) { return c.to; },
            [](const FoundActive&) { return std::uint32_t{2}; },
            [](const StopFound&) { return std::uint32_t{2}; },
            [](const SetSpec& c) { return version_of(c.spec); },
            [](const BeginChange& c) { return version_of(c.spec); },
            [](const auto&) { return std::uint32_t{k_version_oldest}; },
        },
        command);
}

std::string describe(const ClusterSpec& spec, const Command& command) {
    const auto node = [&](NodeId id) { return "node " + name_of(spec, id); };
    const auto group = [&](GroupId id) { return "group " + name_of(spec, id); };
    return std::visit(
        Overloaded{
            [&](const SetSpec& c) {
                return "configuration of " + c.spec.name + " changes from revision " +
                       number_of(c.base);
            },
            [&](const NodeUp& c) {
                return node(c.node) + " is up with start " + number_of(c.start);
            },
            [&](const NodeDown& c) {
                return node(c.node) + " is declared down with start " + number_of(c.start) +
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
            [&](const RequestFence& c) {
                return "fence " + node(c.node) + (c.fencer ? " from " + node(c.fencer) : "") +
                       because(c.reason);
            },
            [&](const FenceDone& c) {
                return node(c.node) +
                       (c.is_confirmed  ? " is harmless"
                        : c.is_needless ? " need not be made harmless any more"
                                        : " could not be made harmless") +
                       because(c.reason);
            },
            [&](const ConfirmOff& c) {
                return node(c.node) + " is off, as an operator says" + because(c.reason);
            },
            [&](const BindToStop& c) {
                return node(c.node) + " stops its groups by itself when it loses the others";
            },
            [&](const PromiseReset& c) { return describe_promise(spec, c); },
            [&](const NodeReset& c) { return describe_reset(spec, c); },
            [&](const ForkedGroup& c) {
                return group(c.group) + " had incarnation " +
                       std::to_string(c.epoch.incarnation.value) + " in the history of " +
                       node(c.node) + (c.was_active ? ", and ran there" : "");
            },
            [&](const Change auto& c) { return describe_change(spec, c); },
            [&](const auto& c) { return describe_operation(spec, c); },
        },
        command);
}

}  // namespace ha::model
