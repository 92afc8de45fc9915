// Names of the service wing's states, as people and scripts see them.
#include "base/assert.hpp"
#include "lifecycle/operation.hpp"
#include "lifecycle/status.hpp"

namespace ha::lifecycle {

namespace {

/// A value outside the enumeration: decoders refuse those, so it is a bug.
const char* no_such_name() {
    HA_ASSERT(!"a value outside its enumeration");
    return "";
}

}  // namespace

const char* to_string(OperationKind k) noexcept {
    switch (k) {
        case OperationKind::probe: return "probe";
        case OperationKind::start: return "start";
        case OperationKind::stop: return "stop";
        case OperationKind::sever: return "sever";
    }
    return no_such_name();
}

const char* to_string(ResourceStatus s) noexcept {
    switch (s) {
        case ResourceStatus::offline: return "offline";
        case ResourceStatus::online: return "online";
        case ResourceStatus::failed: return "failed";
        case ResourceStatus::unknown: return "unknown";
    }
    return no_such_name();
}

const char* to_string(OperationFactor f) noexcept {
    switch (f) {
        case OperationFactor::none: return "none";
        case OperationFactor::group_start: return "group_start";
        case OperationFactor::group_stop: return "group_stop";
        case OperationFactor::group_move: return "group_move";
        case OperationFactor::group_failover: return "group_failover";
        case OperationFactor::resource_restart: return "resource_restart";
        case OperationFactor::group_restart: return "group_restart";
        case OperationFactor::node_leave: return "node_leave";
        case OperationFactor::lease_lost: return "lease_lost";
    }
    return no_such_name();
}

const char* to_string(Outcome o) noexcept {
    switch (o) {
        case Outcome::ok: return "ok";
        case Outcome::failed: return "failed";
        case Outcome::timed_out: return "timed_out";
        case Outcome::not_begun: return "not_begun";
    }
    return no_such_name();
}

const char* to_string(Verdict v) noexcept {
    switch (v) {
        case Verdict::ok: return "ok";
        case Verdict::bad: return "bad";
        case Verdict::unknown: return "unknown";
    }
    return no_such_name();
}

const char* to_string(ResourceState s) noexcept {
    switch (s) {
        case ResourceState::offline: return "offline";
        case ResourceState::starting: return "starting";
        case ResourceState::online: return "online";
        case ResourceState::stopping: return "stopping";
        case ResourceState::failed: return "failed";
        case ResourceState::unknown: return "unknown";
    }
    return no_such_name();
}

const char* to_string(GroupState s) noexcept {
    switch (s) {
        case GroupState::offline: return "offline";
        case GroupState::waiting: return "waiting";
        case GroupState::starting: return "starting";
        case GroupState::online: return "online";
        case GroupState::stopping: return "stopping";
        case GroupState::failed: return "failed";
    }
    return no_such_name();
}

const char* to_string(MonitorState s) noexcept {
    switch (s) {
        case MonitorState::idle: return "idle";
        case MonitorState::ok: return "ok";
        case MonitorState::bad: return "bad";
        case MonitorState::unknown: return "unknown";
        case MonitorState::paused: return "paused";
        case MonitorState::warning: return "warning";
    }
    return no_such_name();
}

const char* to_string(FenceAction a) noexcept {
    switch (a) {
        case FenceAction::status: return "status";
        case FenceAction::off: return "off";
        case FenceAction::on: return "on";
    }
    return no_such_name();
}

const char* to_string(PowerStatus p) noexcept {
    switch (p) {
        case PowerStatus::unknown: return "unknown";
        case PowerStatus::off: return "off";
        case PowerStatus::on: return "on";
    }
    return no_such_name();
}

}  // namespace ha::lifecycle
