// What the engine keeps of another node: what it told in the run that it is in, and what waits to
// be sent to it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/version.hpp"
#include "detect/quality.hpp"
#include "lifecycle/service.hpp"
#include "wire/channel.hpp"

namespace ha::engine {

/// The leader's heartbeat is followed by one of ours at once, which carries the reply to it.
struct BeatAlong {
    NodeId to;
    InterconnectId on;
    wire::HeartbeatReply reply;
};

/// What another node told us, in the run (start number) that it is in.
struct Peer {
    StartNumber start;
    bool has_heartbeat = false;
    Instant heard_since;                           ///< first heartbeat of this run
    wire::Heartbeat heartbeat;                     ///< newest by sequence number
    Instant heartbeat_at;                          ///< when that came
    std::optional<Instant> stalled_at;             ///< told last that its engine stands still
    std::map<InterconnectId, Duration> round_trip; ///< smoothed
    std::map<InterconnectId, detect::PathQuality> quality;
    lifecycle::ServiceStatus service;
    std::uint64_t service_version = 0;
    std::uint64_t status_version_seen = 0;         ///< of ours, by it
    std::uint64_t status_sent_version = 0;
    Instant status_sent_at;
    std::optional<wire::DownNotice> down_notice;   ///< this run is over
    bool is_refusal_told = false;                  ///< it is of another cluster, or version
    Version version_max = 0;                       ///< as it told; 0: not yet
    std::string software;                          ///< what it runs, for display
    // These outlive a restart of the node: they are about its store.
    StoreId counted_store;
    std::uint64_t counter_max = 0;                 ///< highest record counter heard of that store
    bool is_store_behind = false;                  ///< it forgot records (safety.md F9)
};

/// A message of consensus that may leave only when its write is durable.
struct HeldMessage {
    std::uint64_t after = 0;  ///< consensus' own number
    NodeId to;
    wire::Message message;
};

}  // namespace ha::engine
