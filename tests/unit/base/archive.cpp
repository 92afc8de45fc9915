// Values as bytes and back by reflection: what recordings stand on.
#include "base/archive.hpp"

#include <doctest/doctest.h>

#include "base/event.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"

namespace ha {

namespace {

enum class Colour : std::uint8_t { red, green, blue };

struct Inner {
    std::int32_t number = -1;
    std::string text;
    bool operator==(const Inner&) const = default;
};
struct Outer {
    NodeId node;
    ClusterId cluster;
    Duration duration{0};
    bool is_set = false;
    Colour colour = Colour::red;
    std::vector<Inner> list;
    std::vector<bool> flags;
    std::map<std::string, std::uint64_t> map;
    std::set<std::pair<Instant, NodeId>> set;
    std::optional<Inner> maybe;
    std::variant<Inner, Epoch, std::string> choice;
    std::array<std::uint16_t, 3> row{};
    Bytes bytes;
    bool operator==(const Outer&) const = default;
};
struct Secret {
    using never_recorded = void;
    std::uint64_t value = 0;
};
struct WithSecret {
    std::uint32_t id = 0;
    Secret secret;
};

class Whole {
   public:
    auto members() { return reflect::fields(flag_, number_, text_); }
    bool flag_ = false;
    std::uint64_t number_ = 0;
    std::string text_;
};
class Lacking {
   public:
    auto members() { return reflect::fields(flag_, text_); }
    bool flag_ = false;
    std::uint64_t number_ = 0;
    std::string text_;
};

Outer sample() {
    Outer out;
    out.node = NodeId{7};
    out.cluster.bytes[3] = 9;
    out.duration = -5ms;
    out.is_set = true;
    out.colour = Colour::blue;
    out.list = {{-40000, "a"}, {2, ""}};
    out.flags = {true, false, true};
    out.map = {{"a", 1}, {"b", UINT64_MAX}};
    out.set = {{Instant{3}, NodeId{1}}, {Instant::max(), NodeId{2}}};
    out.maybe = Inner{1, "x"};
    out.choice = Epoch{Incarnation{1}, Term{2}, NodeId{3}};
    out.row = {1, 2, 65535};
    out.bytes = Bytes(300, 5);
    return out;
}

template <class T>
bool decode(ByteView bytes, T& out) {
    Reader r(bytes);
    archive::get(r, out);
    return r.done();
}

}  // namespace

TEST_CASE("a value comes back from its bytes as it was, whatever it is made of") {
    const auto value = sample();
    Outer back;
    REQUIRE(decode(archive::encode(value), back));
    CHECK(back == value);
    CHECK(archive::encode(back) == archive::encode(value));
    REQUIRE(decode(archive::encode(Outer{}), back));
    CHECK(back == Outer{});
}

TEST_CASE("bytes that are cut off anywhere, or go on, are no value") {
    const auto bytes = archive::encode(sample());
    Outer out;
    for (std::size_t n = 0; n < bytes.size(); n++)
        CHECK_FALSE(decode(ByteView(bytes).first(n), out));
    auto longer = bytes;
    longer.push_back(0);
    CHECK_FALSE(decode(longer, out));
}

TEST_CASE("changed bytes are refused or are another value; they never cost more than they hold") {
    const auto bytes = archive::encode(sample());
    Random random(seed_from(3));
    for (int i = 0; i < 20'000; i++) {
        auto changed = bytes;
        for (auto n = 1 + random.below(4); n > 0; n--)
            changed[random.below(changed.size())] = static_cast<std::uint8_t>(random.next());
        Outer out;
        if (decode(changed, out)) CHECK(archive::encode(out) == changed);
    }
}

TEST_CASE("an enumerator that does not exist, an unsorted key, a count beyond the end: refused") {
    Colour colour{};
    CHECK(decode(Bytes{2}, colour));
    CHECK_FALSE(decode(Bytes{3}, colour));
    std::set<std::uint8_t> set;
    CHECK(decode(Bytes{2, 1, 2}, set));
    CHECK_FALSE(decode(Bytes{2, 2, 1}, set));
    CHECK_FALSE(decode(Bytes{2, 1, 1}, set));
    std::vector<std::uint64_t> list;
    CHECK_FALSE(decode(Bytes{0xff, 0xff, 0xff, 0xff, 0x0f, 1}, list));
    std::uint8_t small = 0;
    CHECK_FALSE(decode(Bytes{0x80, 0x02}, small));
    std::uint64_t number = 0;
    CHECK_FALSE(decode(Bytes{0x80, 0x00}, number));
}

TEST_CASE("every kind of event comes back from a recording, and no other one") {
    std::size_t known = 0;
    for (const auto kind : all_event_kinds()) {
        EventKind back{};
        REQUIRE(decode(archive::encode(kind), back));
        CHECK(back == kind);
    }
    for (std::uint16_t value = 0; value < 1000; value++) {
        EventKind back{};
        known += decode(archive::encode(value), back);
    }
    CHECK(known == all_event_kinds().size());
}

TEST_CASE("F17: what says of itself that it is never recorded is in no recording") {
    const auto with = archive::encode(WithSecret{5, {0x1122334455667788u}});
    CHECK(with == archive::encode(WithSecret{5, {0}}));
    CHECK(with.size() == 1);
}

TEST_CASE("a class that forgets a field in members() is told from one that does not") {
    CHECK(reflect::is_whole<Whole>);
    CHECK_FALSE(reflect::is_whole<Lacking>);
}

TEST_CASE("layouts differ where fields do, and names do not count") {
    struct Same {
        std::int32_t other_name = 0;
        std::string text;
    };
    struct Swapped {
        std::string text;
        std::int32_t number = 0;
    };
    constexpr auto layout = archive::layout_of<Inner>();
    CHECK(layout == archive::layout_of<Same>());
    CHECK(layout != archive::layout_of<Swapped>());
    CHECK(archive::layout_of<std::vector<Inner>>() != archive::layout_of<std::optional<Inner>>());
    CHECK(archive::layout_of<std::variant<Inner>>() !=
          archive::layout_of<std::variant<Inner, Inner>>());
}

}  // namespace ha
