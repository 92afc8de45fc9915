// A keyed toy instead of cryptography, for tests and the simulator: fast, depends on every bit of
// its arguments, and hides nothing from an adversary.
//
// What the tests need of a cipher holds: another key, counter, header or any changed bit fails to
// open, and sealed bytes do not look like the plain ones.
#pragma once

#include <cstring>

#include "wire/crypto.hpp"

namespace ha::test {

class ToyCrypto final : public wire::Crypto {
   public:
    void seal(const wire::Key& key, std::uint64_t counter, ByteView header, ByteView plain,
              Bytes& out) override {
        const auto start = absorb_key(key, counter);
        const auto at = out.size();
        out.insert(out.end(), plain.begin(), plain.end());
        mask(start, {out.data() + at, plain.size()});
        put_tag(start, header, plain, out);
    }

    bool open(const wire::Key& key, std::uint64_t counter, ByteView header, ByteView sealed,
              Bytes& out) override {
        if (sealed.size() < wire::k_seal_overhead_bytes) return false;
        const auto start = absorb_key(key, counter);
        const auto size = sealed.size() - wire::k_seal_overhead_bytes;
        Bytes plain(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(size));
        mask(start, plain);
        Bytes tag;
        put_tag(start, header, plain, tag);
        if (std::memcmp(tag.data(), sealed.data() + size, tag.size()) != 0) return false;
        out.insert(out.end(), plain.begin(), plain.end());
        return true;
    }

    wire::Key derive(const wire::Key& secret, ByteView salt, ByteView info) override {
        return {spread(absorb(absorb(absorb(k_derive, secret), salt), info))};
    }

    wire::Mac mac(const wire::Key& key, ByteView bytes) override {
        return spread(absorb(absorb(k_mac, key), bytes));
    }

   private:
    static constexpr std::uint64_t k_derive = 0x9e3779b97f4a7c15;
    static constexpr std::uint64_t k_mac = 0xc2b2ae3d27d4eb4f;

    static std::uint64_t mix(std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

    /// Each step can be undone given the input, so two inputs that differ in one word end apart.
    static std::uint64_t absorb(std::uint64_t state, ByteView bytes) {
        state = mix(state + bytes.size());
        while (!bytes.empty()) {
            std::uint64_t word = 0;
            const auto n = bytes.size() < 8 ? bytes.size() : 8;
            std::memcpy(&word, bytes.data(), n);
            state = mix(state ^ word) + k_derive;
            bytes = bytes.subspan(n);
        }
        return state;
    }

    static std::uint64_t absorb_key(const wire::Key& key, std::uint64_t counter) {
        return mix(absorb(1, key) ^ mix(counter + k_mac));
    }

    static void mask(std::uint64_t start, std::span<std::uint8_t> bytes) {
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < bytes.size(); i++) {
            if (i % 8 == 0) word = mix(start + i);
            bytes[i] = static_cast<std::uint8_t>(bytes[i] ^ (word >> (8 * (i % 8))));
        }
    }

    static void put_tag(std::uint64_t start, ByteView header, ByteView plain, Bytes& out) {
        const auto sum = absorb(absorb(start, header), plain);
        Writer w(out);
        w.u64(sum);
        w.u64(mix(sum ^ k_mac));
    }

    static std::array<std::uint8_t, 32> spread(std::uint64_t state) {
        std::array<std::uint8_t, 32> out{};
        for (std::size_t i = 0; i < out.size(); i += 8) {
            state = mix(state + k_derive);
            std::memcpy(out.data() + i, &state, 8);
        }
        return out;
    }
};

}  // namespace ha::test
