// Codec of messages: what goes in comes out, and nothing else is taken.
#include "wire/messages.hpp"

#include <doctest/doctest.h>

#include "base/checksum.hpp"
#include "base/event.hpp"
#include "base/limits.hpp"
#include "base/varint.hpp"
#include "wire/limits.hpp"
#include "wire_samples.hpp"

using namespace ha;
using namespace ha::wire;
using namespace ha::test;

TEST_CASE("every kind of message comes out as it went in") {
    const auto samples = sample_messages();
    REQUIRE(samples.size() == std::variant_size_v<Message>);
    for (std::size_t i = 0; i < samples.size(); i++) {
        CAPTURE(name_of(samples[i]));
        CHECK(samples[i].index() == i);
        const auto decoded = decode(encode(samples[i]));
        REQUIRE(decoded.has_value());
        CHECK(*decoded == samples[i]);
    }
}

TEST_CASE("an empty message of each kind comes out as it went in") {
    for (const Message& m : std::initializer_list<Message>{Heartbeat{}, HeartbeatReply{},
                                                           AppendRequest{}, SnapshotRequest{},
                                                           DownNotice{}, Report{}, RequestAnswer{}}) {
        const auto decoded = decode(encode(m));
        REQUIRE(decoded.has_value());
        CHECK(*decoded == m);
    }
}

TEST_CASE("every prefix of a message fails, and so does every message with a byte more") {
    for (const auto& m : sample_messages()) {
        CAPTURE(name_of(m));
        auto bytes = encode(m);
        for (std::size_t n = 0; n < bytes.size(); n++)
            CHECK_FALSE(decode(ByteView(bytes).first(n)).has_value());
        bytes.push_back(0);
        CHECK_FALSE(decode(bytes).has_value());
    }
}

TEST_CASE("a message that decodes encodes to the very same bytes, whatever bit was changed") {
    for (const auto& m : sample_messages()) {
        CAPTURE(name_of(m));
        const auto bytes = encode(m);
        for (std::size_t bit = 0; bit < bytes.size() * 8; bit++) {
            auto changed = bytes;
            changed[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
            const auto decoded = decode(changed);
            if (decoded) CHECK(encode(*decoded, changed[0] & k_form_mark ? 2 : 1) == changed);
        }
    }
}

TEST_CASE("an unknown kind is refused by number, with the highest that is known") {
    const Bytes bytes{100};
    const auto decoded = decode(bytes);
    REQUIRE_FALSE(decoded.has_value());
    CHECK(decoded.error().code == FailureCode::corrupt);
    CHECK(decoded.error().context.find("100") != std::string::npos);
    const auto highest = std::to_string(std::variant_size_v<Message> - 1);
    CHECK(decoded.error().context.find("the highest is " + highest) != std::string::npos);
    CHECK_FALSE(decode({}).has_value());
}

TEST_CASE("F23, G22: a message has the newest form that its receiver knows") {
    const Message report = StatusReport{6, Bytes{5, 6}, "1.2.3"};
    const auto old = encode(report, 1), young = encode(report, 2);
    CHECK(old == Bytes{12, 6, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 5, 6});
    CHECK(young.size() == old.size() + 2 + 4 + 5);
    CHECK(std::get<StatusReport>(*decode(old)).software.empty());
    CHECK(*decode(young) == report);
    CHECK(encode(report, 99) == young);
    // What has had one form only is the same for everybody.
    const Message ask = DocumentRequest{LogIndex{7}};
    CHECK(encode(ask, 2) == encode(ask, 1));
}

/// When this fails, software of version 1 does not understand us any more. The change needs a
/// version of its own (base/version.hpp), and forms of it beside those that are here.
TEST_CASE("F23: what version 1 says is as it was") {
    Bytes all;
    for (const auto& m : sample_messages()) {
        const auto one = encode(m, 1);
        all.insert(all.end(), one.begin(), one.end());
    }
    CHECK(digest64(all) == 10827231411640693263u);
}

TEST_CASE("F23, G22: a form above what is known, or that never was, is refused and named") {
    auto bytes = encode(StatusReport{6, Bytes{5, 6}, "1.2.3"}, 2);
    CHECK(decode(bytes, 1).error().context == "a StatusReport of version 2; known here: 1 to 1");
    bytes[1] = 1;  // the first form has no mark
    CHECK_FALSE(decode(bytes, 2).has_value());
    bytes[1] = 3;
    CHECK_FALSE(decode(bytes, 2).has_value());
    auto ask = encode(DocumentRequest{LogIndex{7}}, 2);
    ask[0] |= k_form_mark;
    ask.insert(ask.begin() + 1, {2, 0});
    CHECK(decode(ask, 2).error().context == "a DocumentRequest has no form of version 2");
    CHECK_FALSE(decode(Bytes{k_form_mark}).has_value());
}

TEST_CASE("entries that do not follow one another are refused") {
    AppendRequest m;
    m.previous_index = LogIndex{4};
    m.entries = {sample_entry(5), sample_entry(7)};
    CHECK_FALSE(decode(encode(Message{m})).has_value());
    m.entries = {sample_entry(6)};
    CHECK_FALSE(decode(encode(Message{m})).has_value());
    m.entries = {sample_entry(5)};
    CHECK(decode(encode(Message{m})).has_value());
}

TEST_CASE("negative durations, a node of number 0 and an impossible version range are refused") {
    CHECK_FALSE(decode(encode(Message{HeartbeatReply{HeartbeatSeq{1}, -1ns}})).has_value());
    Heartbeat h;
    h.hears = {NodeId{}};
    CHECK_FALSE(decode(encode(Message{h})).has_value());
    h = Heartbeat{};
    h.version_min = 3;
    h.version_max = 2;
    CHECK_FALSE(decode(encode(Message{h})).has_value());
}

TEST_CASE("a voters entry whose payload is no list of voters is refused") {
    AppendRequest m;
    m.entries = {{LogIndex{1}, Term{1}, EntryKind::voters, Bytes{9}}};
    CHECK_FALSE(decode(encode(Message{m})).has_value());
}

namespace {

/// Of a node that sees all others down, and names so many marks of its history.
Heartbeat largest_heartbeat(std::size_t nodes, std::size_t marks) {
    auto h = sample_heartbeat();
    h.hears.clear();
    h.blocks.clear();
    h.leases_over.clear();
    for (std::uint16_t i = 1; i < nodes; i++) {
        h.hears.push_back(NodeId{i});
        h.blocks.push_back({NodeId{i}, LogIndex{100'000'000}, Term{10'000}, 700ms});
        h.leases_over.push_back({NodeId{i}, LogIndex{100'000'000}});
    }
    h.view_marks.resize(marks, h.view_marks.back());
    h.reply = {HeartbeatSeq{1'000'000'000}, 700ms, LogIndex{100'000'000}, 100'000'000, 1'000'000};
    return h;
}

}  // namespace

TEST_CASE("the heartbeat of a node that sees 63 others down fits one datagram") {
    auto h = largest_heartbeat(k_limit_nodes, 1);
    h.reply.reset();  // sent on its own in clusters so large
    CHECK(encode(Message{h}).size() <= k_small_message_bytes);
}

TEST_CASE("F7: the heartbeat of a node that sees 31 others down has room for all view marks") {
    const auto h = largest_heartbeat(k_limit_nodes_for_marks, k_limit_view_marks);
    CHECK(encode(Message{h}).size() <= k_small_message_bytes);
}

TEST_CASE("a number has one varint: the shortest") {
    for (std::uint64_t v : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128},
                            std::uint64_t{1} << 62, UINT64_MAX}) {
        Bytes bytes;
        Writer w(bytes);
        put_varint(w, v);
        Reader r(bytes);
        CHECK(get_varint(r) == v);
        CHECK(r.done());
    }
    for (const Bytes& bad : {Bytes{0x80, 0x00}, Bytes{0xff, 0x80, 0x00}, Bytes{0x80},
                             Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02},
                             Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81, 0}}) {
        Reader r(bad);
        get_varint(r);
        CHECK(r.failed());
    }
}

TEST_CASE("cluster.md 9: every event has a name and a severity") {
    CHECK(name_of(EventKind::node_started) == "node_started");
    CHECK(name_of(EventKind::plugin_note) == "plugin_note");
    CHECK(severity_of(EventKind::store_lost) == Severity::alert);
    CHECK(std::string_view(to_string(Severity::notice)) == "notice");
}
