// Bytes codec: what goes in comes out, and a decoder never reads past its end.
#include "base/bytes.hpp"

#include <doctest/doctest.h>

using namespace ha;

TEST_CASE("what a Writer wrote a Reader reads") {
    Bytes bytes;
    Writer w(bytes);
    w.u16(0x1234);
    w.u64(0xfedcba9876543210u);
    w.text("group");
    w.epoch(Epoch{Incarnation{7}, Term{3}, NodeId{2}});
    w.boolean(true);
    Reader r(bytes);
    CHECK(r.u16() == 0x1234);
    CHECK(r.u64() == 0xfedcba9876543210u);
    CHECK(r.text(16) == "group");
    CHECK(r.epoch() == Epoch{Incarnation{7}, Term{3}, NodeId{2}});
    CHECK(r.boolean());
    CHECK(r.done());
}

TEST_CASE("every prefix of an encoding fails, and yields zeros afterwards") {
    Bytes bytes;
    Writer w(bytes);
    w.u32(7);
    w.text("abc");
    for (std::size_t n = 0; n < bytes.size(); n++) {
        Reader r(ByteView(bytes).first(n));
        r.u32();
        r.text(16);
        CHECK(r.failed());
        CHECK(r.u64() == 0);
    }
}

TEST_CASE("a blob longer than allowed and a boolean of 2 fail") {
    Bytes bytes;
    Writer w(bytes);
    w.text("abcdef");
    Reader r(bytes);
    r.text(5);
    CHECK(r.failed());
    const Bytes two{2};
    Reader r2(two);
    r2.boolean();
    CHECK(r2.failed());
}

TEST_CASE("a count that the remaining bytes cannot hold fails before allocation") {
    Bytes bytes;
    Writer w(bytes);
    w.u32(0xffffffff);
    w.u32(0);
    Reader r(bytes);
    CHECK(r.count(8) == 0);
    CHECK(r.failed());
}
