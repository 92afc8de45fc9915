// Requests under way, of this node's users and of others, and what was answered to the latter; an
// operator's `recover` is one that waits for the disk.
#pragma once

#include <optional>
#include <string>

#include "engine/input.hpp"
#include "wire/channel.hpp"

namespace ha::engine {

/// A request under way: answered when its entry is applied, or refused, or its time is over.
struct PendingRequest {
    NodeId origin;            ///< self: answered by an Answer; else by a RequestAnswer
    RequestId id;             ///< of the origin
    RequestBody body;
    Instant deadline;
    std::optional<LogIndex> index;  ///< leader: proposed here, in `term`
    Term term;
    bool is_in_batch = false;       ///< leader: in the batch that is being made
    NodeId forwarded_to;      ///< follower: sent to this leader, at
    Instant forwarded_at;
    std::string done_text;
};

/// What another node was answered: told again when it asks again, and not done a second time.
struct AnswerKept {
    NodeId origin;
    wire::RequestAnswer reply;
};

/// An operator's `recover` that is on its way to the disk (recover.cpp).
struct Recovery {
    PendingRequest request;
    LogIndex index;               ///< of the mark; applied: it is done
    bool was_lease_held = false;  ///< when it was asked for: then what runs goes on
    bool is_answered = false;     ///< the request's time was over
};

}  // namespace ha::engine
