// A network of Channels under virtual time: loss, delay, duplication, capture and replay.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "base/random.hpp"
#include "toy_crypto.hpp"
#include "wire/channel.hpp"

namespace ha::test {

inline wire::Key sample_key(std::uint8_t fill) {
    wire::Key key{};
    key.fill(fill);
    return key;
}

class ChannelNet {
   public:
    struct Conduct {
        unsigned loss_percent = 0;
        unsigned twice_percent = 0;
        Duration delay_min = 100us;
        Duration delay_max = 100us;
    };
    struct Packet {
        NodeId from;
        wire::Datagram datagram;
    };

    explicit ChannelNet(std::uint64_t seed, unsigned interconnects = 1)
        : random_(seed_from(seed)), seed_(seed) {
        for (unsigned i = 1; i <= interconnects; i++)
            interconnects_.push_back(InterconnectId{static_cast<std::uint16_t>(i)});
    }

    /// Starts a node, or starts it again: the next start number, nothing remembered.
    wire::Channels& start(NodeId node, wire::Key key = sample_key(1)) {
        wire::ChannelOptions options;
        options.keys = {{1, key}};
        options.key_in_use = 1;
        return start(node, std::move(options));
    }
    wire::Channels& start(NodeId node, wire::ChannelOptions options) {
        nodes_.insert(node);
        options.self = node;
        options.start = StartNumber{++starts_[node]};
        options.seed = seed_from(seed_ * 1000 + node.value * 100 + starts_[node]);
        channels_[node] = std::make_unique<wire::Channels>(std::move(options), crypto_);
        for (auto& [id, c] : channels_) c->set_peers(peers_of(id));
        return *channels_[node];
    }
    void stop(NodeId node) { channels_.erase(node); }

    wire::Channels& operator[](NodeId node) { return *channels_.at(node); }

    void send(NodeId from, NodeId to, const wire::Message& message) {
        std::vector<wire::Datagram> out;
        channels_.at(from)->send(now, to, message, out);
        put(from, out);
    }
    void send_on(NodeId from, NodeId to, InterconnectId on, const wire::Message& message) {
        std::vector<wire::Datagram> out;
        channels_.at(from)->send_on(now, to, on, message, out);
        put(from, out);
    }

    /// Delivers and ticks until `until`, or until `done`; false when the time ran out first.
    bool run_until(Instant until, const std::function<bool()>& done = [] { return false; }) {
        for (;;) {
            if (done()) return true;
            auto next = until;
            if (!under_way_.empty()) next = std::min(next, under_way_.begin()->first);
            for (auto& [id, c] : channels_) next = std::min(next, c->next_deadline());
            now = std::max(now, next);
            if (now >= until) return done();
            step();
        }
    }
    bool run_for(Duration d, const std::function<bool()>& done = [] { return false; }) {
        return run_until(now + d, done);
    }
    bool connect(NodeId a, NodeId b, Duration within = 10s) {
        return run_for(within, [&] {
            return channels_.at(a)->has_session(b) && channels_.at(b)->has_session(a);
        });
    }

    void put(NodeId from, std::vector<wire::Datagram>& out) {
        for (auto& d : out) {
            if (d.bytes.size() > datagram_bytes_max) datagram_bytes_max = d.bytes.size();
            datagrams++;
            if (is_capturing) captured.push_back({from, d});
            if (filter && !filter({from, d})) continue;
            if (random_.below(100) < conduct.loss_percent) continue;
            const auto copies = random_.below(100) < conduct.twice_percent ? 2 : 1;
            for (int i = 0; i < copies; i++) {
                const auto spread = random_.up_to(conduct.delay_max - conduct.delay_min);
                under_way_.emplace(now + conduct.delay_min + spread, Packet{from, d});
            }
        }
        out.clear();
    }
    /// As an adversary would: these bytes, now.
    void inject(NodeId to, InterconnectId on, ByteView bytes) {
        std::vector<wire::Datagram> replies;
        channels_.at(to)->receive(now, on, bytes, delivered[to], replies, refusals[to]);
        put(to, replies);
    }

    Instant now{1'000'000'000};
    Conduct conduct;
    std::function<bool(const Packet&)> filter;
    bool is_capturing = false;
    std::vector<Packet> captured;
    std::map<NodeId, std::vector<wire::Delivery>> delivered;
    std::map<NodeId, std::vector<wire::Refusal>> refusals;
    std::size_t datagram_bytes_max = 0;
    std::size_t datagrams = 0;

   private:
    void step() {
        while (!under_way_.empty() && under_way_.begin()->first <= now) {
            const auto packet = std::move(under_way_.begin()->second);
            under_way_.erase(under_way_.begin());
            if (channels_.count(packet.datagram.to) > 0)
                inject(packet.datagram.to, packet.datagram.interconnect, packet.datagram.bytes);
        }
        for (auto& [id, c] : channels_) {
            std::vector<wire::Datagram> out;
            if (now >= c->next_deadline()) c->tick(now, out);
            put(id, out);
        }
    }
    std::vector<wire::Peer> peers_of(NodeId self) const {
        std::vector<wire::Peer> out;
        for (auto id : nodes_)
            if (id != self) out.push_back({id, interconnects_});
        return out;
    }

    Random random_;
    std::uint64_t seed_;
    std::vector<InterconnectId> interconnects_;
    ToyCrypto crypto_;
    std::set<NodeId> nodes_;
    std::map<NodeId, std::uint64_t> starts_;
    std::map<NodeId, std::unique_ptr<wire::Channels>> channels_;
    std::multimap<Instant, Packet> under_way_;
};

}  // namespace ha::test
