// Actions of the engine: what the hands have to do, in the order of the fields.
//
// The runtime does them without deciding anything: run record, persist, datagrams, plugin calls,
// answers, events, then arm a timer for next_deadline. Datagrams that depend on a durable record are
// held back inside the engine until Persisted arrives, so the runtime cannot send them too early.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/event.hpp"
#include "base/result.hpp"
#include "lifecycle/operation.hpp"
#include "lifecycle/service.hpp"
#include "wire/channel.hpp"
#include "wire/store.hpp"

namespace ha::engine {

struct Persist {
    PersistSeq seq;                ///< grows by one; batches are made durable in this order
    wire::StoreBatch batch;
};

struct Answer {
    RequestId id;
    Result<std::string> result;    ///< a sentence, either way
};

/// To be asked beside everything else; answered by exactly one TieBreakerAnswered, or by none, when
/// `timeout` is over: does one of the targets answer?
struct TieBreakerQuestion {
    std::uint64_t number = 0;
    model::TieBreaker kind = model::TieBreaker::none;
    std::vector<std::string> targets;
    Duration timeout{0};
};

/// A history that this node gives up for another: to be kept for people (safety.md F7).
struct ForkSaved {
    model::ClusterState state;
    std::vector<ViewMark> ours;
    std::vector<ViewMark> theirs;
    NodeId kept_by;
};

struct Actions {
    /// Written (renamed into place, no sync: it need not survive a reboot) before any plugin call.
    std::optional<std::vector<lifecycle::Held>> run_record;
    std::vector<Persist> persist;
    std::vector<wire::Datagram> datagrams;
    std::vector<lifecycle::PluginCall> calls;
    std::vector<Answer> answers;
    std::vector<Event> events;
    /// Only stop_node_service, reboot or poweroff; together with is_stopped: what could be stopped
    /// is, the others know, and a reboot has been counted durably.
    std::optional<model::FinalAction> node_action;
    std::string node_action_reason;
    /// An operator's order: what this process does once is_stopped comes. Told when it is taken.
    std::optional<model::NodeOrder> order;
    std::string order_reason;
    /// The committed configuration changed, or where nodes are: read state() and reached_by().
    bool is_spec_changed = false;
    std::optional<TieBreakerQuestion> tie_breaker;
    std::optional<ForkSaved> fork;
    bool is_stopped = false;       ///< Leave is complete: nothing runs here, the others know
    Instant next_deadline = Instant::max();
};

}  // namespace ha::engine
