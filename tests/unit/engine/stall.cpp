// Heartbeats from a machine whose engine stands still.
#include <doctest/doctest.h>

#include "cluster.hpp"
#include "wire/channel.hpp"

using namespace ha;
using test::EngineCluster;
using test::begin_one_group;

namespace {

/// What goes on sending for a node whose engine takes no step any more.
class Sender {
 public:
    Sender(EngineCluster& cluster, std::uint16_t node)
        : cluster_(cluster),
          node_(node),
          channels_({NodeId{node}, StartNumber{cluster.disk(node).start.value + 1}, {7, 7, 7, 7},
                     {{1, wire::Key{}}}, 1},
                    crypto_) {
        channels_.set_peers({{NodeId{1}, {k_lan}}, {NodeId{2}, {k_lan}}});
        cluster_.unheard = [this](std::uint16_t to, InterconnectId on, const Bytes& bytes) {
            if (to == node_) receive(on, bytes);
        };
    }
    ~Sender() { cluster_.unheard = nullptr; }

    /// A heartbeat every 50 ms to everyone, which tells this age of the last step.
    void run_for(Duration time, Duration engine_age) {
        const auto end = cluster_.now() + time;
        while (cluster_.now() < end) {
            std::vector<wire::Datagram> out;
            channels_.tick(cluster_.now(), out);
            wire::Heartbeat heartbeat;
            heartbeat.seq = HeartbeatSeq{++seq_};
            heartbeat.store = cluster_.disk(node_).store;
            heartbeat.version_min = heartbeat.version_max = k_version_newest;
            heartbeat.engine_age = engine_age;
            for (const auto to : {NodeId{1}, NodeId{2}})
                channels_.send_on(cluster_.now(), to, k_lan, heartbeat, out);
            send(out);
            cluster_.run_for(50ms);
        }
    }

    /// Each would be counted from the time of a heartbeat, and may give a lease.
    std::size_t answers() const { return answers_; }

 private:
    static constexpr InterconnectId k_lan{1};

    void receive(InterconnectId on, const Bytes& bytes) {
        std::vector<wire::Delivery> deliveries;
        std::vector<wire::Datagram> replies;
        std::vector<wire::Refusal> refusals;
        channels_.receive(cluster_.now(), on, bytes, deliveries, replies, refusals);
        for (const auto& one : deliveries)
            answers_ += std::holds_alternative<wire::HeartbeatReply>(one.message);
        send(replies);
    }
    void send(const std::vector<wire::Datagram>& out) {
        for (const auto& one : out) cluster_.deliver(one.to.value, one.interconnect, one.bytes);
    }

    EngineCluster& cluster_;
    std::uint16_t node_;
    test::ToyCrypto crypto_;
    wire::Channels channels_;
    std::uint64_t seq_ = 0;
    std::size_t answers_ = 0;
};

std::size_t suspected(const EngineCluster& cluster, const std::string& verdict) {
    return cluster.count(EventKind::node_suspected, "node n3", {"verdict", verdict});
}

}  // namespace

TEST_CASE("F18: heartbeats of an engine that stands still are no evidence of life") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 2, 1});
    const auto before = suspected(cluster, "silent");
    cluster.kill(3);
    Sender sender(cluster, 3);
    SUBCASE("at the age of engine_stall it is as silent as one that is off, and loses its group") {
        sender.run_for(5s, cluster.spec.timing.engine_stall);
        CHECK(suspected(cluster, "stalled") == 2);
        CHECK(sender.answers() == 0);
        CHECK(cluster.is_online(1, 2));
    }
    SUBCASE("below it, it is heard") {
        sender.run_for(5s, cluster.spec.timing.engine_stall - Duration{1});
        CHECK(suspected(cluster, "stalled") + suspected(cluster, "silent") == before);
        CHECK(sender.answers() > 0);
    }
}

TEST_CASE("a node that took its leave is told of without a silence, and none lasts for ages") {
    EngineCluster cluster(3);
    test::begin_one_group(cluster, {1, 2, 3});
    const auto before = cluster.count(EventKind::node_suspected, "node n3");
    cluster.leave(3);
    cluster.run_for(5s);
    REQUIRE(cluster.count(EventKind::node_suspected, "node n3") > before);
    bool was_left_out = false;
    for (const auto& event : cluster.events()) {
        bool has_silence = false;
        for (const auto& [key, value] : event.parameters) {
            if (key != "silence_ms") continue;
            has_silence = true;
            CHECK(std::stoll(value) < 60'000);
        }
        was_left_out |= event.kind == EventKind::node_suspected && !has_silence;
    }
    CHECK(was_left_out);
    cluster.power_off(2);
    CHECK(cluster.run_until([&] {
        return cluster.count(EventKind::node_suspected, "node n2") > 0;
    }, 5s));
}
