// The simulated network: loses, delays, doubles, reorders, corrupts and replays, per direction and
// interconnect.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <tuple>

#include "base/ids.hpp"
#include "base/random.hpp"
#include "clock.hpp"
#include "wire/channel.hpp"

namespace ha::sim {

struct LinkFaults {
    bool is_cut = false;
    bool is_dead = false;        ///< cut, and what is on its way by now is lost as well
    std::uint32_t loss_per_million = 0;
    std::uint32_t double_per_million = 0;
    std::uint32_t corrupt_per_million = 0;
    Duration delay_min{50us};
    Duration delay_max{400us};
};

class Network {
   public:
    using Deliver = std::function<void(NodeId to, InterconnectId on, const Bytes&)>;
    Network(Queue& queue, Random& random, Deliver deliver)
        : queue_(queue), random_(random), deliver_(std::move(deliver)) {}

    void send(NodeId from, const wire::Datagram& datagram);
    LinkFaults& link(NodeId from, NodeId to, InterconnectId on) { return links_[{from, to, on}]; }
    void heal() { links_.clear(); }
    /// Nothing is cut, lost or slow anywhere.
    bool is_whole() const;
    /// Sends a datagram that some node sent earlier, perhaps in an earlier run, once more.
    void replay_one();

   private:
    void post(NodeId from, NodeId to, InterconnectId on, Bytes bytes, const LinkFaults& faults);

    struct Heard {
        NodeId to;
        InterconnectId on;
        Bytes bytes;
    };
    static constexpr std::size_t k_heard_kept = 400;
    Queue& queue_;
    Random& random_;
    Deliver deliver_;
    std::map<std::tuple<NodeId, NodeId, InterconnectId>, LinkFaults> links_;
    std::deque<Heard> heard_;    ///< what an eavesdropper has kept
};

}  // namespace ha::sim
