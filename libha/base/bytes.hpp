// Bytes codec: little-endian, bounded, no exceptions. Every decoder of the house stands on Reader.
//
// A Reader never reads past its end: the first short read makes it `failed()`, and from then on
// every read yields zero or empty. Decoders check `failed()` (or `done()`) once, at the end.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace ha {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

class Writer {
   public:
    explicit Writer(Bytes& out) : out_(out) {}

    void u8(std::uint8_t v) { out_.push_back(v); }
    void u16(std::uint16_t v) { integer(v); }
    void u32(std::uint32_t v) { integer(v); }
    void u64(std::uint64_t v) { integer(v); }
    void boolean(bool v) { u8(v ? 1 : 0); }
    void duration(Duration d) { u64(static_cast<std::uint64_t>(d.count())); }

    template <class Tag, class Rep>
    void id(Id<Tag, Rep> v) {
        integer(v.value);
    }
    template <class Tag>
    void id(const Id128<Tag>& v) {
        raw(v.bytes);
    }
    void epoch(const Epoch& e) {
        id(e.incarnation);
        id(e.term);
        id(e.node);
    }
    template <class Enum>
    void enumeration(Enum v) {
        static_assert(std::is_enum_v<Enum>);
        u8(static_cast<std::uint8_t>(v));
    }

    void raw(ByteView v) { out_.insert(out_.end(), v.begin(), v.end()); }
    /// Length (32 bits), then the bytes.
    void blob(ByteView v) {
        u32(static_cast<std::uint32_t>(v.size()));
        raw(v);
    }
    void text(std::string_view v) {
        blob({reinterpret_cast<const std::uint8_t*>(v.data()), v.size()});
    }

   private:
    template <class T>
    void integer(T v) {
        std::uint8_t bytes[sizeof(T)];
        for (std::size_t i = 0; i < sizeof(T); i++)
            bytes[i] = static_cast<std::uint8_t>(v >> (8 * i));
        out_.insert(out_.end(), bytes, bytes + sizeof(T));
    }
    Bytes& out_;
};

class Reader {
   public:
    explicit Reader(ByteView in) : in_(in) {}

    std::uint8_t u8() { return integer<std::uint8_t>(); }
    std::uint16_t u16() { return integer<std::uint16_t>(); }
    std::uint32_t u32() { return integer<std::uint32_t>(); }
    std::uint64_t u64() { return integer<std::uint64_t>(); }
    /// Anything but 0 and 1 fails: one value has one encoding.
    bool boolean() {
        auto v = u8();
        if (v > 1) fail();
        return v == 1;
    }
    Duration duration() { return Duration{static_cast<std::int64_t>(u64())}; }
    /// A length of time: a negative one fails.
    Duration span() {
        const auto d = duration();
        if (d < Duration::zero()) fail();
        return d;
    }

    template <class T>
        requires requires(T t) { t.value; }
    T id() {
        return T{integer<typename T::rep>()};
    }
    template <class T>
        requires requires(T t) { t.bytes; }
    T id() {
        T out;
        auto v = raw(out.bytes.size());
        if (v.size() == out.bytes.size()) std::memcpy(out.bytes.data(), v.data(), v.size());
        return out;
    }
    Epoch epoch() {
        Epoch e;
        e.incarnation = id<Incarnation>();
        e.term = id<Term>();
        e.node = id<NodeId>();
        return e;
    }
    /// Fails when the value is above `last`.
    template <class Enum>
    Enum enumeration(Enum last) {
        auto v = u8();
        if (v > static_cast<std::uint8_t>(last)) {
            fail();
            return Enum{};
        }
        return static_cast<Enum>(v);
    }

    ByteView raw(std::size_t n) {
        if (failed_ || n > in_.size()) {
            fail();
            return {};
        }
        auto out = in_.first(n);
        in_ = in_.subspan(n);
        return out;
    }
    /// Fails when longer than `max`.
    ByteView blob(std::size_t max) {
        auto n = u32();
        if (n > max) {
            fail();
            return {};
        }
        return raw(n);
    }
    std::string text(std::size_t max) {
        auto v = blob(max);
        return std::string(v.begin(), v.end());
    }
    /// A count of items that take at least `item_size_min` bytes each: a count that the remaining
    /// bytes cannot hold fails before anything is allocated for it.
    std::size_t count(std::size_t item_size_min) {
        auto n = u32();
        if (failed_ || n > in_.size() / (item_size_min == 0 ? 1 : item_size_min)) {
            fail();
            return 0;
        }
        return n;
    }

    void fail() {
        failed_ = true;
        in_ = {};
    }
    bool failed() const { return failed_; }
    std::size_t remaining() const { return in_.size(); }
    /// Everything was read, and nothing was wrong.
    bool done() const { return !failed_ && in_.empty(); }

   private:
    template <class T>
    T integer() {
        auto v = raw(sizeof(T));
        T out = 0;
        for (std::size_t i = 0; i < v.size(); i++)
            out = static_cast<T>(out | (static_cast<T>(v[i]) << (8 * i)));
        return out;
    }
    ByteView in_;
    bool failed_ = false;
};

}  // namespace ha
