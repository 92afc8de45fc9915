// The simulated network.
#include "network.hpp"

namespace ha::sim {

void Network::post(NodeId from, NodeId to, InterconnectId on, Bytes bytes,
                   const LinkFaults& faults) {
    if (faults.corrupt_per_million != 0 && random_.chance(faults.corrupt_per_million) &&
        !bytes.empty())
        bytes[random_.below(bytes.size())] ^= static_cast<std::uint8_t>(1 + random_.below(255));
    const auto delay = faults.delay_min + random_.up_to(faults.delay_max - faults.delay_min);
    queue_.after(delay, [this, from, to, on, bytes = std::move(bytes)] {
        const auto link = links_.find({from, to, on});
        if (link == links_.end() || !link->second.is_dead) deliver_(to, on, bytes);
    });
}

void Network::send(NodeId from, const wire::Datagram& datagram) {
    const auto& faults = links_[{from, datagram.to, datagram.interconnect}];
    if (random_.below(64) == 0) {
        heard_.push_back({datagram.to, datagram.interconnect, datagram.bytes});
        if (heard_.size() > k_heard_kept) heard_.erase(heard_.begin() + random_.below(k_heard_kept));
    }
    if (faults.is_cut || faults.is_dead) return;
    if (faults.loss_per_million != 0 && random_.chance(faults.loss_per_million)) return;
    if (faults.double_per_million != 0 && random_.chance(faults.double_per_million))
        post(from, datagram.to, datagram.interconnect, datagram.bytes, faults);
    post(from, datagram.to, datagram.interconnect, datagram.bytes, faults);
}

bool Network::is_whole() const {
    const LinkFaults none;
    for (const auto& [way, faults] : links_)
        if (faults.is_cut || faults.is_dead || faults.loss_per_million != 0 ||
            faults.corrupt_per_million != 0 || faults.delay_max > none.delay_max)
            return false;
    return true;
}

void Network::replay_one() {
    if (heard_.empty()) return;
    const auto& heard = heard_[random_.below(heard_.size())];
    post(NodeId{}, heard.to, heard.on, heard.bytes, LinkFaults{});
}

}  // namespace ha::sim
