// Codec of the model: what goes in comes out, and nothing else comes out of anything else.
#include "model/codec.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/checksum.hpp"
#include "base/random.hpp"
#include "story.hpp"

using namespace ha;
using namespace ha::model;
using namespace ha::test;

namespace {

OperationSpec operation(int n) {
    return {std::chrono::seconds(n), static_cast<std::uint32_t>(n + 1), FinalAction::poweroff};
}

/// Every field differs from its default.
ClusterSpec full_spec() {
    ClusterSpec s = small_spec();
    s.revision = SpecRevision{12};
    s.timing = {1ms, 2ms, 3ms, 4ms, 5ms, 6ms, 7ms, 8, 9};
    s.parallel_operations = 4;
    s.interconnects = {{InterconnectId{1}, "lan1"}, {InterconnectId{2}, "lan2"}};
    s.nodes[0].addresses = {{InterconnectId{1}, "192.0.2.1:1"}, {InterconnectId{2}, "[::1]:2"}};
    s.nodes[1].fences = {{"ipmi", "agent", {{"plug", "1"}}, 7s, 2, 3s, false},
                         {"pdu", "agent", {}, 8s, 0, 4s}};
    s.nodes[1].capacity = {{"cpus", 8}, {"memory", 0}};
    s.tie_breaker = TieBreaker::ping;
    s.tie_breaker_targets = {"192.0.2.1", ""};
    s.quorum_loss = QuorumLoss::freeze;
    s.witness = {"192.0.2.9:29003", 20ms, {}};
    s.witness.etcd = {{"https://192.0.2.8:2379", ""}, "/a/ca", "/a/c", "/a/k", "ha", "/a/p", "/x/"};
    s.alone_at_start = true;
    s.fence_delay = 9s;
    s.partition_action = PartitionAction::reboot;
    s.dual_activation = DualActivation::stop_both;
    auto& group = s.groups[0];
    group.startup = Startup::manual;
    group.failover = Failover::manual;
    group.failback = Failback::automatic;
    group.exclusion = Exclusion::full;
    group.failback_delay = 5s, group.ban_expiry = 6s, group.retry_delay = 7s;
    group.priority = 8, group.failover_limit = 9;
    group.preempts = true;
    group.start_after = {{k_db, true}};
    group.stop_before = {{k_db, false}};
    group.labels = {"tier1", "web"}, group.near = {"db"}, group.apart = {"web"};
    group.uses = {{"cpus", 2}};
    group.resources.push_back(resource_spec(11));
    auto& resource = group.resources[1];
    resource.parameters = {{"address", "192.0.2.9"}, {"interface", ""}};
    resource.node_parameters = {{k_b, {{"interface", "eth1"}}}, {k_c, {}}};
    resource.depends_on = {ResourceId{10}};
    resource.requirement = Requirement::fencing;
    resource.start = operation(1);
    resource.stop = operation(2);
    MonitorSpec m;
    m.id = MonitorId{3};
    m.name = "ping";
    m.type = "ipw";
    m.parameters = {{"target", "192.0.2.7"}};
    m.node_parameters = {{k_a, {{"target", "192.0.2.8"}}}};
    m.timing = MonitorTiming::while_active;
    m.group = k_web;
    m.resource = ResourceId{11};
    m.nodes = {k_b};
    m.interval = 1s, m.timeout = 2s, m.start_delay = 3s, m.reset_after = 4s;
    m.retries = 5, m.delay_warning_percent = 60, m.restart_threshold = 7, m.failover_threshold = 8;
    m.unknown_is_bad = true;
    m.recovery = RecoveryTarget::group;
    m.final_action = FinalAction::reboot;
    m.nice = -7;
    m.script = "/usr/local/sbin/before";
    m.script_timeout = 9s;
    m.members = {MonitorId{3}};
    m.error_threshold = 9, m.warning_threshold = 10;
    s.monitors = {m};
    s.max_reboots = 11;
    s.reboots_reset_after = 12s;
    return s;
}

ClusterState full_state() {
    auto state = initial_state(full_spec());
    state.cluster_version = 2;
    state.raised_index = LogIndex{11};
    state.spec.timing.probe_interval = 13s;
    state.nodes[k_b] = {NodeStatus::leaving, boot_number(9), StartNumber{4},
                        LogIndex{77},        NodeMode::standby, FencingState::failed,
                        3,                   "why",          k_c,
                        "no device did",     true,           "a new kernel",
                        9s,                  NodeOrder::reboot, true};
    auto& group = state.groups[k_web];
    group.goal = Goal::online;
    group.owner = k_b;
    group.epoch = {Incarnation{5}, Term{6}, k_b};
    group.start_kind = StartKind::failover;
    group.waits = {{k_a, LogIndex{70}}, {k_c, LogIndex{71}}};
    group.is_evicted = true;
    group.target = k_c;
    group.is_pinned = true;
    group.stop_failed = true;
    group.next_kind = StartKind::failover;
    group.stranded_on = k_a;
    group.bans = {{k_a, "no disk", false, 5s, 3s}, {k_b, "", true, 0s, 1s}};
    group.failover_count = 8;
    group.failovers = {1s, 2s};
    group.reason = "because";
    group.is_frozen = true;
    group.stopped = {ResourceId{10}, ResourceId{11}};
    group.trial = {k_a, 3s};
    state.paused_monitors = {{MonitorId{3}, 1s}, {MonitorId{9}, {}}};
    state.injected_monitors = {{MonitorId{4}, 2s}};
    state.incarnation_floor = Incarnation{2};
    state.timeout_ratio = 4;
    state.ratio_left = 5s;
    state.done_requests[k_b] = {StartNumber{4}, {RequestId{7}, RequestId{6}}};
    group.incarnation_floor = Incarnation{9};
    state.view_marks = {{1, Term{2}, 3, k_b, LogIndex{40}, ViewMarkId{5}},
                        {2, Term{4}, 0, k_a, LogIndex{60}, ViewMarkId{6}, true}};
    state.fork_risk = {k_b, k_c};
    state.unbound = {k_a, k_c};
    state.binding_index = LogIndex{33};
    group.found = {{k_a, {ResourceId{10}, true, false}}, {k_c, {ResourceId{11}, false, true}}};
    state.checkpoints[k_web]["sessions"] = {SectionVersion{6}, group.epoch, {1, 2, 3}};
    state.checkpoints[k_web]["users"] = {SectionVersion{7}, group.epoch, {}};
    state.newest_section_version = SectionVersion{8};
    state.is_suspended = true;
    state.pending_spec = PendingSpec{small_spec(), 7s, true, {k_web, k_db}};
    state.spec_trial = SpecTrial{small_spec(), 8s};
    return state;
}

std::vector<Command> all_commands() {
    return {SetSpec{SpecRevision{3}, full_spec(), 9s, true},
            BeginChange{SpecRevision{3}, small_spec(), 9s, true, {k_web, k_db}},
            HoldForChange{SpecRevision{3}, {k_db}},
            CompleteChange{SpecRevision{3}},
            CancelChange{SpecRevision{3}},
            ConfirmSpec{SpecRevision{4}},
            SetSuspended{true, "asked"},
            RaiseVersion{2},
            OrderNode{k_a, StartNumber{3}, NodeOrder::restart, true, "asked"},
            NodeUp{k_a, boot_number(2), StartNumber{3}},
            NodeDown{k_a, StartNumber{3}, "silent"},
            NodeLeaving{k_b, StartNumber{4}},
            NodeLeft{k_b, StartNumber{4}},
            Give{k_web, k_c, Incarnation{9}, StartKind::failover, "node a is down"},
            Evict{k_web, Incarnation{9}, k_a, true, StartKind::failover, "failed"},
            Release{k_web, k_c, Incarnation{9}, "stopped"},
            StopFailed{k_web, k_c, Incarnation{9}, "hangs"},
            SetGoal{k_db, Goal::online, k_b, true, "asked"},
            ClearBans{k_db, k_a, true},
            SetNodeMode{k_c, NodeMode::maintenance, "disk"},
            PauseMonitor{MonitorId{3}, true, 6s},
            RequestFence{k_a, StartNumber{3}, "it may still write", k_b, true},
            FenceDone{k_a, StartNumber{3}, 2, true, "switched off", false, true},
            ConfirmOff{k_a, StartNumber{3}, "I stand before it"},
            InjectFailure{MonitorId{3}, true, 7s},
            SetFrozen{k_web, true, "rebuilt"},
            SetStopped{k_web, {ResourceId{10}}, "looked at"},
            SetTrial{k_web, k_a, 8s},
            SetRatio{3, 9s, "slow"},
            TimePassed{10s},
            RequestDone{k_a, StartNumber{3}, RequestId{4}},
            GoneAlone{k_b, 1, ViewMarkId{77}, "node a is silent", 1000},
            EndForkRisk{k_a},
            BindToStop{k_b, StartNumber{4}},
            PromiseReset{k_b, StartNumber{4}, 11s},
            NodeReset{k_b, StartNumber{4}, "its watchdog"},
            ForkedGroup{k_web, k_b, {Incarnation{9}, Term{6}, k_b}, true},
            WriteSection{k_web, {Incarnation{5}, Term{6}, k_b}, "sessions", {1, 2, 3}, true,
                         SectionVersion{5}},
            EraseSection{k_web, {Incarnation{5}, Term{6}, k_b}, "sessions"},
            FoundActive{k_web, k_b, StartNumber{4}, ResourceId{10}, true, true},
            StopFound{k_web, k_b, "to be started elsewhere"}};
}

template <class Decode>
void check_prefixes(const Bytes& bytes, Decode decode) {
    for (std::size_t n = 0; n < bytes.size(); n++) {
        CAPTURE(n);
        REQUIRE(decode(ByteView(bytes).first(n)).has_error());
    }
    auto longer = bytes;
    longer.push_back(0);
    CHECK(decode(ByteView(longer)).has_error());
}

/// Whatever bytes are accepted are the one encoding of what they mean.
template <class Decode>
void check_mutations(const Bytes& bytes, Decode decode) {
    Random random(seed_from(7));
    std::size_t accepted = 0;
    for (int i = 0; i < 20'000; i++) {
        auto mutant = bytes;
        for (auto n = 1 + random.below(3); n > 0; n--)
            mutant[random.below(mutant.size())] = static_cast<std::uint8_t>(random.next());
        const auto value = decode(ByteView(mutant));
        if (value.has_error()) continue;
        accepted++;
        REQUIRE(encode(*value) == mutant);
    }
    CHECK(accepted > 0);
}

/// Replaces the first occurrence; the lengths are equal.
Bytes replaced(Bytes bytes, const Bytes& from, const Bytes& to) {
    const auto it = std::search(bytes.begin(), bytes.end(), from.begin(), from.end());
    REQUIRE(it != bytes.end());
    std::copy(to.begin(), to.end(), it);
    return bytes;
}

}  // namespace

TEST_CASE("a spec, a state and commands with every field set come back as they were") {
    CHECK(*decode_spec(encode(full_spec())) == full_spec());
    CHECK(*decode_state(encode(full_state())) == full_state());
    CHECK(*decode_commands(encode(all_commands())) == all_commands());
    CHECK(all_commands().size() == std::variant_size_v<Command>);
    CHECK(decode_commands(encode(std::vector<Command>{}))->empty());
    CHECK(*decode_state(encode(ClusterState{})) == ClusterState{});
}

TEST_CASE("every prefix fails, and so does a byte too many") {
    check_prefixes(encode(full_spec()), [](ByteView b) { return decode_spec(b); });
    check_prefixes(encode(full_state()), [](ByteView b) { return decode_state(b); });
    check_prefixes(encode(all_commands()), [](ByteView b) { return decode_commands(b); });
}

TEST_CASE("what is accepted of damaged bytes has exactly these bytes as its encoding") {
    check_mutations(encode(full_spec()), [](ByteView b) { return decode_spec(b); });
    check_mutations(encode(full_state()), [](ByteView b) { return decode_state(b); });
    check_mutations(encode(all_commands()), [](ByteView b) { return decode_commands(b); });
}

TEST_CASE("one kind of document is not taken for another, nor one format for another") {
    CHECK(decode_spec(encode(full_state())).has_error());
    CHECK(decode_state(encode(full_spec())).error().context ==
          "cluster state has kind 1 instead of 2");
    CHECK(decode_commands(encode(full_spec())).has_error());
    auto bytes = encode(full_spec());
    bytes[1] = 2;
    CHECK(decode_spec(bytes, 1).error().context ==
          "configuration is of version 2; this software reads 1 to 1");
    CHECK(decode_spec(bytes, 2).has_error());  // it holds nothing that version 2 brought
    CHECK(decode_spec(Bytes{}).error().code == FailureCode::corrupt);
}

TEST_CASE("F23: an unknown command stops the decoding of its batch and is named") {
    Bytes bytes = encode(std::vector<Command>{PauseMonitor{MonitorId{1}, true}});
    bytes[6] = 200;
    CHECK(decode_commands(bytes).error().context == "command batch holds the unknown command 200");
}

TEST_CASE("F23, G22: what a cluster of version 1 writes is read by software of version 1") {
    auto state = full_state();
    CHECK(decode_state(encode(state), 1).error().context ==
          "cluster state is of version 2; this software reads 1 to 1");
    state.cluster_version = 1;
    state.raised_index = {};
    state.spec.timing.probe_interval = k_probe_interval_unsaid;
    state.groups[k_web].found.clear();
    CHECK(*decode_state(encode(state), 1) == state);
    auto commands = all_commands();
    CHECK(decode_commands(encode(commands), 1).error().context ==
          "command batch is of version 2; this software reads 1 to 1");
    std::erase_if(commands, [](const Command& c) { return version_of(c) > 1; });
    CHECK(commands.size() + 3 == all_commands().size());
    CHECK(*decode_commands(encode(commands), 1) == commands);
    // When this fails, software of version 1 does not understand us any more. The change needs a
    // version of its own (base/version.hpp).
    auto all = encode(state);
    for (const auto& bytes : {encode(commands), encode(full_spec())})
        all.insert(all.end(), bytes.begin(), bytes.end());
    CHECK(digest64(all) == 8691127582322820967u);
    // Said to be of another version than what it holds.
    auto bytes = encode(commands);
    bytes[1] = 2;
    CHECK(decode_commands(bytes, 2).has_error());
    bytes = encode(state);
    bytes[1] = 2;
    CHECK(decode_state(bytes, 2).has_error());
}

TEST_CASE("F23: what version 1 cannot say makes a configuration one of version 2") {
    auto spec = full_spec();
    CHECK(version_of(spec) == 1);
    CHECK(initial_state(spec).cluster_version == 1);
    spec.timing.probe_interval = 5s;
    CHECK(version_of(spec) == 2);
    CHECK(*decode_spec(encode(spec)) == spec);
    CHECK(decode_spec(encode(spec), 1).has_error());
    // A cluster that begins with it is of that version, and one of an older version refuses it.
    const auto state = initial_state(spec);
    CHECK(state.cluster_version == 2);
    CHECK(*decode_state(encode(state)) == state);
    const Command change = SetSpec{SpecRevision{}, spec};
    CHECK(version_of(change) == 2);
    CHECK(version_of(Command{BeginChange{SpecRevision{}, spec, {}, false, {}}}) == 2);
    auto old = initial_state(full_spec());
    CHECK(apply(old, {LogIndex{5}, Term{1}}, change).rule ==
          "it is of version 2, and the cluster of version 1");
    // Said as a version that does not bring it.
    auto bytes = encode(spec);
    bytes[1] = 1;
    CHECK(decode_spec(bytes).has_error());
}

TEST_CASE("lists beyond their limit, negative durations and unsorted records are refused") {
    ClusterSpec spec = small_spec();
    spec.groups[0].policy.assign(k_limit_nodes + 1, k_a);
    CHECK(decode_spec(encode(spec)).has_error());
    spec = small_spec();
    spec.timing.lease = Duration{-1};
    CHECK(decode_spec(encode(spec)).has_error());
    spec = small_spec();
    spec.nodes[0].name = std::string(k_limit_name_bytes + 1, 'x');
    CHECK(decode_spec(encode(spec)).has_error());
    auto state = full_state();
    std::swap(state.groups[k_web].bans[0], state.groups[k_web].bans[1]);
    CHECK(decode_state(encode(state)).has_error());
    state = full_state();
    state.groups[k_web].waits[1] = state.groups[k_web].waits[0];
    CHECK(decode_state(encode(state)).has_error());
    const std::vector<Command> many(k_limit_batch_commands + 1, PauseMonitor{MonitorId{1}, true});
    CHECK(decode_commands(encode(many)).has_error());
}

TEST_CASE("keys of a map out of order or doubled are refused") {
    auto spec = small_spec();
    spec.groups[0].resources[0].parameters = {{"kaa", ""}, {"kbb", ""}};
    const auto bytes = encode(spec);
    CHECK(decode_spec(bytes).has_value());
    CHECK(decode_spec(replaced(bytes, {'k', 'b', 'b'}, {'k', 'a', 'a'})).has_error());
    CHECK(decode_spec(replaced(bytes, {'k', 'a', 'a'}, {'k', 'c', 'c'})).has_error());
}

TEST_CASE("a state whose records do not belong to its configuration is refused") {
    auto state = full_state();
    state.nodes.erase(k_a);
    CHECK(decode_state(encode(state)).has_error());
    state = full_state();
    state.groups[GroupId{9}];
    CHECK(decode_state(encode(state)).has_error());
    state = full_state();
    state.groups[k_web].owner = NodeId{9};
    CHECK(decode_state(encode(state)).has_error());
    state = full_state();
    state.groups[k_web].found[NodeId{9}] = {};
    CHECK(decode_state(encode(state)).has_error());
    state = full_state();
    state.groups[k_web].found[k_b] = {};  // which owns it
    CHECK(decode_state(encode(state)).has_error());
    state = full_state();
    state.groups[k_web].epoch = {};
    CHECK(decode_state(encode(state)).has_error());
}

TEST_CASE("an encoder cuts a reason that is too long, so that what it writes can be read") {
    const std::vector<Command> commands{NodeDown{k_a, {}, std::string(4000, 'x')}};
    const auto back = decode_commands(encode(commands));
    REQUIRE(back.has_value());
    CHECK(std::get<NodeDown>((*back)[0]).reason.size() == k_limit_reason_bytes);
}

TEST_CASE("the digest of a spec knows every difference but the revision") {
    auto spec = full_spec();
    const auto digest = spec_digest(spec);
    spec.revision = SpecRevision{99};
    CHECK(spec_digest(spec) == digest);
    spec.nodes[2].rank = 9;
    CHECK(spec_digest(spec) != digest);
    auto state = full_state();
    const auto before = state_digest(state);
    state.groups[k_web].failover_count++;
    CHECK(state_digest(state) != before);
}

TEST_CASE("64 nodes and 1,000 groups stay far below the limit of a document") {
    ClusterSpec spec;
    spec.name = "large";
    for (std::uint16_t i = 1; i <= 64; i++) {
        spec.nodes.push_back(node_spec(i));
        spec.nodes.back().name = "node" + std::to_string(i);
    }
    for (std::uint32_t i = 1; i <= 1000; i++)
        spec.groups.push_back(group_spec(i, "group" + std::to_string(i)));
    const auto state = initial_state(spec);
    const auto bytes = encode(state);
    CAPTURE(bytes.size());
    CHECK(bytes.size() < k_limit_document_bytes / 4);
    CHECK(*decode_state(bytes) == state);
}
