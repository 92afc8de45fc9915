// OpenSSL as the session's cryptography: published values, and whole sessions over it.
#include "runtime/crypto_openssl.hpp"

#include <doctest/doctest.h>

#include <string_view>

#include "toy_crypto.hpp"
#include "wire/channel.hpp"
#include "wire_samples.hpp"

using namespace ha;
using namespace ha::wire;
using namespace ha::runtime;

namespace {

Bytes from_hex(std::string_view hex) {
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    Bytes out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        out.push_back(static_cast<std::uint8_t>(digit(hex[i]) * 16 + digit(hex[i + 1])));
    return out;
}

std::unique_ptr<OpensslCrypto> make() {
    auto made = OpensslCrypto::make();
    REQUIRE(made.has_value());
    return std::move(*made);
}

void check_any_change_is_found(Crypto& crypto) {
    Key key{};
    key[3] = 9;
    const Bytes header{1, 2, 3};
    const Bytes plain{10, 20, 30, 40, 50, 60, 70, 80, 90};
    Bytes sealed;
    crypto.seal(key, 7, header, plain, sealed);
    REQUIRE(sealed.size() == plain.size() + k_seal_overhead_bytes);
    Bytes out{42};
    REQUIRE(crypto.open(key, 7, header, sealed, out));
    CHECK(ByteView(out).subspan(1).size() == plain.size());
    CHECK(std::equal(plain.begin(), plain.end(), out.begin() + 1));
    out = {42};
    for (std::size_t bit = 0; bit < sealed.size() * 8; bit++) {
        auto changed = sealed;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
        CHECK_FALSE(crypto.open(key, 7, header, changed, out));
    }
    auto other_key = key;
    other_key[31] ^= 1;
    CHECK_FALSE(crypto.open(other_key, 7, header, sealed, out));
    CHECK_FALSE(crypto.open(key, 8, header, sealed, out));
    CHECK_FALSE(crypto.open(key, 7, Bytes{1, 2, 4}, sealed, out));
    for (std::size_t n = 0; n < sealed.size(); n++)
        CHECK_FALSE(crypto.open(key, 7, header, ByteView(sealed).first(n), out));
    CHECK(out == Bytes{42});
}

}  // namespace

TEST_CASE("any change of key, counter, header or bytes is found") {
    check_any_change_is_found(*make());
    test::ToyCrypto toy;
    check_any_change_is_found(toy);
}

TEST_CASE("HMAC-SHA256 and HKDF-SHA256 give the published values") {
    auto crypto = make();
    // RFC 4231, test case 1, its key of 20 bytes filled up with zeros as HMAC does it.
    Key key{};
    std::fill_n(key.begin(), 20, 0x0b);
    const std::string_view text = "Hi There";
    const auto mac =
        crypto->mac(key, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    CHECK(Bytes(mac.begin(), mac.end()) ==
          from_hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
    // RFC 5869 with a key of 32 bytes, computed by HMAC as its section 2 says.
    Key secret{};
    secret.fill(0x0b);
    const Bytes salt(32, 5);
    const Bytes info{1, 2};
    Key salt_key{};
    std::copy(salt.begin(), salt.end(), salt_key.begin());
    const Key extracted{crypto->mac(salt_key, secret)};
    CHECK(crypto->derive(secret, salt, info) == crypto->mac(extracted, Bytes{1, 2, 1}));
}

TEST_CASE("AES-256-GCM gives the published value") {
    // GCM specification, test case 14: zero key, zero nonce, 16 zero bytes.
    auto crypto = make();
    Bytes sealed;
    crypto->seal(Key{}, 0, {}, Bytes(16, 0), sealed);
    CHECK(sealed == from_hex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"));
}

TEST_CASE("more keys than are kept ready all work") {
    auto crypto = make();
    for (int round = 0; round < 2; round++)
        for (unsigned i = 0; i < 700; i++) {
            Key key{};
            key[0] = static_cast<std::uint8_t>(i);
            key[1] = static_cast<std::uint8_t>(i >> 8);
            Bytes sealed;
            Bytes opened;
            crypto->seal(key, i, {}, Bytes{1, 2, 3}, sealed);
            REQUIRE(crypto->open(key, i, {}, sealed, opened));
            CHECK(opened == Bytes{1, 2, 3});
        }
}

TEST_CASE("two nodes talk over OpenSSL") {
    auto crypto_a = make();
    auto crypto_b = make();
    const NodeId a{1};
    const NodeId b{2};
    const InterconnectId lan{1};
    ChannelOptions options;
    options.keys = {{1, Key{7}}};
    options.key_in_use = 1;
    options.self = a;
    options.start = StartNumber{1};
    options.seed = seed_from(1);
    Channels at_a(options, *crypto_a);
    options.self = b;
    options.seed = seed_from(2);
    Channels at_b(options, *crypto_b);
    at_a.set_peers({{b, {lan}}});
    at_b.set_peers({{a, {lan}}});

    std::vector<Delivery> deliveries;
    std::vector<Refusal> refusals;
    std::vector<Datagram> to_b;
    std::vector<Datagram> to_a;
    const Instant now{0};
    at_a.tick(now, to_b);
    for (int i = 0; i < 10 && !(to_a.empty() && to_b.empty()); i++) {
        for (const auto& d : std::exchange(to_b, {}))
            at_b.receive(now, lan, d.bytes, deliveries, to_a, refusals);
        for (const auto& d : std::exchange(to_a, {}))
            at_a.receive(now, lan, d.bytes, deliveries, to_b, refusals);
    }
    REQUIRE(at_a.has_session(b));
    REQUIRE(at_b.has_session(a));
    at_a.send(now, b, test::sample_heartbeat(), to_b);
    REQUIRE(to_b.size() == 1);
    at_b.receive(now, lan, to_b[0].bytes, deliveries, to_a, refusals);
    REQUIRE(deliveries.size() == 1);
    CHECK(deliveries[0].message == Message{test::sample_heartbeat()});
    CHECK(refusals.empty());
}
