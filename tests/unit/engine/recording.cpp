// Recordings of the engine: that they replay, what they hold, and that keys are not in it.
#include "engine/recording.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "cluster.hpp"
#include "engine/replay.hpp"

using namespace ha;
using engine::Replay;
using test::EngineCluster;

namespace {

/// Three nodes of which the first, the owner, dies; node 2 is recorded.
std::vector<Bytes> record_takeover() {
    EngineCluster cluster(3);
    cluster.record(2);
    test::begin_one_group(cluster, {1, 2, 3});
    cluster.power_off(1);
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }));
    cluster.ask(2, engine::GroupMove{GroupId{1}, NodeId{3}});
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 3; }));
    cluster.run_for(1s);
    return cluster.recording(2);
}

/// The number of the first step that is not the same; 0: none.
std::uint64_t first_difference(Replay& replay, const std::vector<Bytes>& records,
                               std::size_t from = 1) {
    for (auto i = from; i < records.size(); i++) {
        if (*engine::kind_of_record(records[i]) != engine::RecordKind::step) continue;
        const auto step = replay.step(records[i]);
        REQUIRE(step.has_value());
        if (!step->is_same) return step->number;
    }
    return 0;
}

bool holds(const Bytes& bytes, ByteView part) {
    return std::search(bytes.begin(), bytes.end(), part.begin(), part.end()) != bytes.end();
}

/// Notes every key that is made with it.
class KeyTeller final : public wire::Crypto {
   public:
    void seal(const wire::Key& key, std::uint64_t counter, ByteView header, ByteView plain,
              Bytes& out) override {
        toy.seal(key, counter, header, plain, out);
    }
    bool open(const wire::Key& key, std::uint64_t counter, ByteView header, ByteView sealed,
              Bytes& out) override {
        return toy.open(key, counter, header, sealed, out);
    }
    wire::Key derive(const wire::Key& secret, ByteView salt, ByteView info) override {
        keys.push_back(toy.derive(secret, salt, info));
        return keys.back();
    }
    wire::Mac mac(const wire::Key& key, ByteView bytes) override { return toy.mac(key, bytes); }
    std::uint64_t name(const wire::Key& secret, ByteView salt, ByteView info) override {
        return toy.name(secret, salt, info);
    }
    test::ToyCrypto toy;
    std::vector<wire::Key> keys;
};

}  // namespace

TEST_CASE("cluster.md 9: a recorded takeover replays step by step to the same decisions") {
    const auto records = record_takeover();
    auto replay = Replay::begin(records.front());
    REQUIRE(replay.has_value());
    std::size_t given = 0;
    for (std::size_t i = 1; i < records.size(); i++) {
        const auto step = (*replay)->step(records[i]);
        REQUIRE(step.has_value());
        REQUIRE_MESSAGE(step->is_same, (step->recorded + " / " + step->replayed));
        for (const auto& event : step->actions.events)
            given += event.kind == EventKind::group_given;
    }
    CHECK(given >= 3);
    CHECK((*replay)->engine().state().groups.at(GroupId{1}).owner == NodeId{3});
    CHECK((*replay)->steps() == records.size() - 1);
    const auto stories = (*replay)->engine().journal().stories(GroupId{1}, 10);
    REQUIRE(stories.size() >= 2);
    CHECK(stories[1].entry.kind == engine::JournalKind::takeover);
}

TEST_CASE("cluster.md 9: a replay goes on from an image as from the start") {
    EngineCluster cluster(3);
    cluster.record(2);
    test::begin_one_group(cluster, {1, 2, 3});
    cluster.image(2);
    cluster.power_off(1);
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }));
    cluster.image(2);
    cluster.run_for(1s);
    const auto records = cluster.recording(2);
    std::size_t images = 0;
    auto whole = Replay::begin(records.front());
    REQUIRE(whole.has_value());
    for (std::size_t i = 1; i < records.size(); i++) {
        if (*engine::kind_of_record(records[i]) == engine::RecordKind::step) {
            REQUIRE((*whole)->step(records[i])->is_same);
            continue;
        }
        CHECK(*(*whole)->check(records[i]));
        auto part = Replay::begin(records[i]);
        REQUIRE(part.has_value());
        CHECK(first_difference(**part, records, i + 1) == 0);
        CHECK((*part)->engine().state().groups.at(GroupId{1}).owner == NodeId{2});
        images++;
    }
    CHECK(images == 2);
}

TEST_CASE("a step that came out otherwise is found at once, and both sides are shown") {
    auto records = record_takeover();
    // What was answered to a request, or anything else of one step, is another one.
    const std::size_t changed = records.size() / 2;
    records[changed].back() ^= 1;
    auto replay = Replay::begin(records.front());
    REQUIRE(replay.has_value());
    for (std::size_t i = 1; i < changed; i++) REQUIRE((*replay)->step(records[i])->is_same);
    const auto step = (*replay)->step(records[changed]);
    REQUIRE(step.has_value());
    CHECK_FALSE(step->is_same);
    CHECK(step->number == changed);
    CHECK(step->recorded.find("digest") != std::string::npos);
    CHECK(step->replayed.find("digest") != std::string::npos);
    CHECK(step->recorded != step->replayed);
}

TEST_CASE("a step that is missing is found as a difference") {
    auto records = record_takeover();
    std::size_t lost = 0;  // one that had an effect: a packet that was opened
    for (std::size_t i = records.size() / 3; lost == 0; i++)
        if (engine::input_kind_of(records[i]) == engine::Input(engine::DatagramReceived{}).index())
            lost = i;
    records.erase(records.begin() + static_cast<std::ptrdiff_t>(lost));
    auto replay = Replay::begin(records.front());
    REQUIRE(replay.has_value());
    const auto found = first_difference(**replay, records);
    CHECK(found >= lost);
    CHECK(found < lost + engine::k_whole_digest_steps);
}

TEST_CASE("F17: no key of the cluster, nor one derived from it, is in a recording or image") {
    KeyTeller crypto;
    EngineCluster cluster(3);
    cluster.key.fill(0xc5);
    cluster.record(2, crypto);
    test::begin_one_group(cluster, {1, 2, 3});
    cluster.image(2);
    cluster.run_for(1s);
    auto keys = crypto.keys;
    REQUIRE(keys.size() >= 5);  // of nonces, and two for each session
    keys.push_back(cluster.key);
    const auto records = cluster.recording(2);
    for (const auto& record : records)
        for (const auto& key : keys) CHECK_FALSE(holds(record, ByteView(key).first(12)));
    // And yet they replay.
    auto replay = Replay::begin(records.front());
    REQUIRE(replay.has_value());
    CHECK(first_difference(**replay, records) == 0);
}

TEST_CASE("D6: parts for the witness are recorded sealed, and those it kept as they were opened") {
    test::ToyCrypto toy;
    engine::RecordingCrypto recording(toy);
    wire::Key key;
    key.fill(0x5c);
    const Bytes place(24, 1), plain(100, 2);
    Bytes sealed, opened, damaged;
    recording.seal_part(key, place, plain, sealed);
    REQUIRE(recording.open_part(key, place, sealed, opened));
    damaged = sealed;
    damaged.back() ^= 1;
    REQUIRE_FALSE(recording.open_part(key, place, damaged, opened));
    // Within a packet: nothing of the datagram is left out for it.
    CHECK(recording.notes().unopened == 0);
    const auto answers = recording.notes().answers;
    CHECK_FALSE(holds(answers, ByteView(key).first(12)));

    engine::ReplayCrypto replay;
    const auto run = [&](const Bytes& seals, const Bytes& parts) {
        replay.load(answers);
        Bytes again, plain_again;
        replay.seal_part({}, place, seals, again);
        const bool is_open = replay.open_part({}, place, parts, plain_again);
        return is_open && !replay.open_part({}, place, damaged, plain_again) && again == sealed &&
               plain_again == plain && replay.sealed() == recording.notes().sealed;
    };
    CHECK(run(plain, sealed));
    CHECK_FALSE(replay.is_astray());
    CHECK_FALSE(run(Bytes(100, 3), sealed));  // the digest of what was sealed is another one
    CHECK_FALSE(replay.is_astray());
    CHECK_FALSE(run(Bytes(99, 2), sealed));
    CHECK(replay.is_astray());
    CHECK_FALSE(run(plain, Bytes(7)));
    CHECK(replay.is_astray());
}

TEST_CASE("F33: the seed is recorded, and key material only as a digest that tells keys apart") {
    const auto begin_of = [](std::uint8_t fill) {
        test::ToyCrypto toy;
        engine::RunRecorder recorder(toy);
        engine::Start start;
        start.self = NodeId{1};
        start.seed = {11, 12, 13, 14};
        wire::Key key;
        key.fill(fill);
        start.keys = {{4, key}};
        start.key_in_use = 4;
        auto record = engine::decode_begin(recorder.begin(Instant{5}, start));
        REQUIRE(record.has_value());
        return *record;
    };
    const auto one = begin_of(1);
    CHECK(one.start.seed == Seed{11, 12, 13, 14});
    CHECK(one.at == Instant{5});
    REQUIRE(one.key_digests.size() == 1);
    CHECK(one.key_digests.front().first == 4);
    CHECK(one.start.keys.front().first == 4);
    CHECK(one.start.keys.front().second == wire::Key{});
    CHECK(one.key_digests == begin_of(1).key_digests);
    CHECK(one.key_digests != begin_of(2).key_digests);
}

TEST_CASE("records that are cut off or changed are refused or differ, and never crash a replay") {
    const auto records = record_takeover();
    for (std::size_t i = 1; i < 40; i++) {
        const auto& record = records[i];
        for (std::size_t n = 0; n < record.size(); n += 7)
            CHECK_FALSE(engine::decode_step(ByteView(record).first(n), Instant{0}, i).has_value());
    }
    const auto& start = records.front();
    for (std::size_t n = 0; n < start.size(); n += 11)
        CHECK_FALSE(Replay::begin(ByteView(start).first(n)).has_value());
    CHECK_FALSE(Replay::begin(records[1]).has_value());
    CHECK_FALSE(Replay::begin({}).has_value());
}

TEST_CASE("a hello under a wrong key and a forged packet are recorded as refused, without MAC") {
    EngineCluster cluster(3);
    cluster.record(2);
    test::begin_one_group(cluster, {1, 2, 3});
    // Of another node's genuine packet, a changed copy; and a hello that nobody could have made.
    Bytes packet, hello;
    cluster.sniff = [&](std::uint16_t to, const Bytes& bytes) {
        if (to == 2 && bytes[1] == 3) packet = bytes;
        if (to == 2 && bytes[1] < 3) hello = bytes;
    };
    cluster.kill(3);
    cluster.start(3);
    cluster.run_for(2s);
    REQUIRE(!packet.empty());
    REQUIRE(!hello.empty());
    packet.back() ^= 1;
    hello.back() ^= 1;
    cluster.step(2, engine::DatagramReceived{InterconnectId{1}, packet});
    cluster.step(2, engine::DatagramReceived{InterconnectId{1}, hello});
    cluster.run_for(1s);
    const auto records = cluster.recording(2);
    auto replay = Replay::begin(records.front());
    REQUIRE(replay.has_value());
    CHECK(first_difference(**replay, records) == 0);
    Bytes genuine(hello.end() - 32, hello.end());
    genuine.back() ^= 1;
    const auto count = std::count_if(records.begin(), records.end(), [&](const Bytes& record) {
        return holds(record, hello) && holds(record, genuine);
    });
    CHECK(count == 0);
}
