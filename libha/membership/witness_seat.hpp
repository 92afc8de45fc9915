// A witness's seat at one cluster: sessions with its nodes, the record, and the times of leases.
//
// Pure: datagrams, time and "durable up to here" go in; datagrams and changes to make durable come
// out. had --witness holds one for each cluster; the simulator holds one.
//
//   datagram -> session -> held? -> witness_step -> [ change to make durable ] -> answer
//
// An answer waits for every change asked before it. Who leads, and until when nobody else is to be
// elected, is not durable: it only spares elections (dissertation 6.2).
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "base/random.hpp"
#include "membership/lease.hpp"
#include "membership/witness.hpp"
#include "wire/channel.hpp"

namespace ha::membership {

/// Bound on the drift of clocks that a witness reckons with; a configuration with a witness may ask
/// for no more.
inline constexpr std::uint32_t k_witness_drift_ppm = 10'000;
/// Answers that wait for the disk; what is dropped beyond is asked for again.
inline constexpr std::size_t k_limit_witness_answers = 256;

struct WitnessSeatOptions {
    StartNumber start;                 ///< of the witness, raised durably before
    Seed seed{};
    std::vector<std::pair<std::uint32_t, wire::Key>> keys;
    std::uint32_t key_in_use = 0;
    bool is_light = false;
};

/// A node, as the witness sees it.
struct WitnessNodeStatus {
    NodeId node;
    Instant heard;
    bool is_leader = false;
};

class WitnessSeat {
   public:
    /// `record` as it was read back, or with nothing but a fresh `store`. `crypto` outlives this.
    WitnessSeat(Instant now, WitnessSeatOptions options, wire::WitnessRecord record,
                wire::Crypto& crypto);

    /// Never asserts on what is in `datagram`. False: nothing of it was genuine.
    bool receive(Instant now, ByteView datagram, std::vector<wire::Datagram>& out);
    /// What has to be made durable next, in this order; none when all is asked for.
    std::optional<wire::WitnessChange> take_change();
    /// Changes up to this counter are durable.
    void persisted(Instant now, std::uint64_t counter, std::vector<wire::Datagram>& out);
    void tick(Instant now, std::vector<wire::Datagram>& out);
    Instant next_deadline() const { return channels_.next_deadline(); }

    const wire::WitnessRecord& record() const { return record_; }
    std::vector<WitnessNodeStatus> nodes() const;
    std::uint64_t requests() const { return requests_; }
    /// The node that the newest genuine datagram came from.
    NodeId newest_sender() const { return newest_sender_; }
    /// Key rotation, as of Channels.
    void set_keys(Instant now, std::vector<std::pair<std::uint32_t, wire::Key>> keys,
                  std::uint32_t key_in_use);
    /// Keeps nothing more sealed, to stay within bounds of memory.
    void become_light() { options_.is_light = true; }
    /// Answers with what is not durable yet must not leave any more: the disk failed.
    void forget_held() { held_answers_.clear(); }

   private:
    struct Held {
        std::uint64_t after = 0;
        NodeId to;
        WitnessAnswer answer;
    };
    struct Node {
        Instant heard;
    };

    bool admit(Instant now, ByteView datagram);
    void use_peers();
    void on_delivery(Instant now, const wire::Delivery& delivery,
                     std::vector<wire::Datagram>& out);
    void handle(Instant now, NodeId from, const WitnessRequest& request,
                std::vector<wire::Datagram>& out);
    bool is_held(Instant now, NodeId from) const;
    bool refuses(Instant now, NodeId from, const wire::VoteRequest& request);
    void note_change(const WitnessStep& step);
    void send(Instant now, NodeId to, WitnessAnswer answer, std::vector<wire::Datagram>& out);

    WitnessSeatOptions options_;
    wire::Crypto& crypto_;
    wire::Channels channels_;
    wire::WitnessRecord record_;
    LeaseGranter granter_;
    std::map<NodeId, Node> nodes_;
    NodeId leader_;
    Instant held_until_;
    std::deque<wire::WitnessChange> changes_;
    std::uint64_t noted_ = 0;          ///< newest change that was handed to changes_
    std::uint64_t durable_ = 0;
    Duration lease_durable_{0};        ///< the longest that is durably known to have been answered
    std::deque<Held> held_answers_;
    std::uint64_t requests_ = 0;
    NodeId newest_sender_;
};

}  // namespace ha::membership
