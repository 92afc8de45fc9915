// A state that cannot be right is replaced by the leader's document (safety.md F23).
#include <doctest/doctest.h>

#include <algorithm>

#include "cluster.hpp"
#include "model/codec.hpp"

using namespace ha;
using namespace ha::test;
using namespace std::chrono_literals;

namespace {

/// Three nodes and a group on node 1; `count` entries are written, then node 3's daemon is killed.
void begin_and_kill_third(EngineCluster& cluster, int count) {
    begin_one_group(cluster, {1, 2, 3});
    for (int n = 0; n < count; n++) {
        cluster.ask(2, mode_of(NodeId{2}, n % 2 == 0));
        cluster.run_for(30ms);
    }
    cluster.run_for(1s);
    cluster.kill(3);
}

/// The newest entry on node 3's disk that holds commands.
wire::LogEntry& newest_commands(EngineCluster& cluster) {
    auto& entries = cluster.disk(3).entries;
    const auto found = std::find_if(entries.rbegin(), entries.rend(), [](const auto& entry) {
        return entry.kind == wire::EntryKind::commands;
    });
    REQUIRE(found != entries.rend());
    return *found;
}

bool has_equal_state(const EngineCluster& cluster) {
    return cluster.engine(3).applied() == cluster.engine(1).applied() &&
           cluster.engine(3).state() == cluster.engine(1).state();
}

}  // namespace

TEST_CASE("F23, D9: a state that differs at a checkpoint is told, and replaced by the document") {
    EngineCluster cluster(3);
    begin_and_kill_third(cluster, 10);
    newest_commands(cluster).payload = model::encode(
        std::vector<model::Command>{
            model::SetNodeMode{NodeId{2}, model::NodeMode::maintenance, "never said"}});
    cluster.start(3);
    cluster.run_for(2s);
    CHECK_FALSE(has_equal_state(cluster));
    CHECK(cluster.count(EventKind::state_diverged) == 0);  // no checkpoint yet
    for (int n = 0; n < 80; n++) {
        cluster.ask(1, mode_of(NodeId{3}, n % 2 == 0));
        cluster.run_for(30ms);
    }
    CHECK(cluster.run_until([&] { return cluster.count(EventKind::state_restored) == 1; }, 20s));
    cluster.run_for(1s);
    CHECK(cluster.count(EventKind::state_diverged) == 1);
    CHECK(has_equal_state(cluster));
    // The new state is what a restart finds.
    cluster.kill(3);
    cluster.start(3);
    CHECK(cluster.run_until([&] { return has_equal_state(cluster); }, 20s));
    CHECK(cluster.place_of(1) == 1);
}

TEST_CASE("F23: a node that cannot read an entry holds no lease until it has the document") {
    EngineCluster cluster(3);
    begin_and_kill_third(cluster, 4);
    newest_commands(cluster).payload = Bytes{3, 1, 1, 0, 0, 0, 250};  // a command of the future
    cluster.start(3);
    REQUIRE(cluster.run_until([&] { return cluster.count(EventKind::command_ignored) >= 1; }, 20s));
    CHECK_FALSE(cluster.status(3).is_lease_held);
    CHECK(cluster.run_until([&] { return cluster.count(EventKind::state_restored) == 1; }, 20s));
    CHECK(cluster.run_until([&] { return cluster.status(3).is_lease_held; }, 20s));
    CHECK(has_equal_state(cluster));
    CHECK(cluster.count_starts(1) == 1);
}
