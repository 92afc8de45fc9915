// Fuzz: datagrams into a node with a live session. The first input byte chooses what the rest is:
// a datagram as it is, or the payload that the genuine peer seals, or the body of a genuine hello.
//
// Properties: a damaged datagram delivers nothing; whatever a peer seals, the session goes on.
#include <algorithm>

#include "fuzz.hpp"
#include "toy_crypto.hpp"
#include "wire/channel.hpp"
#include "wire/limits.hpp"
#include "wire_samples.hpp"

using namespace ha;
using namespace ha::wire;

namespace {

constexpr NodeId k_a{1};
constexpr NodeId k_b{2};
constexpr InterconnectId k_lan{1};
constexpr Instant k_now{1'000'000'000};

ChannelOptions options_of(NodeId self) {
    ChannelOptions o;
    o.self = self;
    o.start = StartNumber{3};
    o.seed = seed_from(self.value);
    o.keys = {{1, Key{5}}};
    o.key_in_use = 1;
    return o;
}

/// Node A as the target. B is made of its parts, so that it can seal what no node would send.
struct Scene {
    test::ToyCrypto crypto;
    Channels a{options_of(k_a), crypto};
    std::optional<Session> b;
    std::vector<Delivery> deliveries;
    std::vector<Datagram> replies;
    std::vector<Refusal> refusals;

    Scene() {
        a.set_peers({{k_b, {k_lan}}});
        Hello hello{PacketKind::hello, k_b, k_a, k_lan, 1, StartNumber{3}, Nonce{1}, {}, {}};
        receive(encode_hello(hello, Key{5}, crypto));
        Hello answer;
        HA_FUZZ_CHECK(replies.size() == 1 && decode_hello(replies[0].bytes, answer));
        hello.kind = PacketKind::confirm;
        hello.start_echoed = answer.start;
        hello.nonce_echoed = answer.nonce;
        receive(encode_hello(hello, Key{5}, crypto));
        b.emplace(SessionEnd{k_b, hello.start, hello.nonce, 1},
                  SessionEnd{k_a, answer.start, answer.nonce, 1}, Key{5}, crypto);
        HA_FUZZ_CHECK(a.has_session(k_b));
    }
    void receive(ByteView bytes) { a.receive(k_now, k_lan, bytes, deliveries, replies, refusals); }

    bool still_works() {
        deliveries.clear();
        // The input may have been a seed itself, a genuine packet of one of the first counters.
        for (int i = 0; i < 32; i++) b->seal(k_lan, Bytes{0}, crypto);
        Bytes frame(k_message_frame_bytes, 0);
        frame[0] = 1;
        const auto message = encode(Message{test::sample_heartbeat()});
        frame.insert(frame.end(), message.begin(), message.end());
        receive(b->seal(k_lan, frame, crypto));
        return deliveries.size() == 1;
    }
};

Bytes with_choice(std::uint8_t choice, ByteView rest) {
    Bytes out{choice};
    out.insert(out.end(), rest.begin(), rest.end());
    return out;
}

}  // namespace

std::vector<std::vector<std::uint8_t>> ha::fuzz::seeds() {
    std::vector<std::vector<std::uint8_t>> out;
    Scene scene;
    for (const auto& m : test::sample_messages()) {
        Bytes frame{1, 1, 0, 0, 0, 0, 0, 0, 0};
        const auto message = encode(m);
        frame.insert(frame.end(), message.begin(), message.end());
        out.push_back(with_choice(1, frame));
        out.push_back(with_choice(0, scene.b->seal(k_lan, frame, scene.crypto)));
    }
    const Bytes part(k_fragment_bytes, 7);
    out.push_back(with_choice(1, encode_fragment({1, 5000, 0, part})));
    out.push_back(with_choice(1, encode_fragment({2, 10, 0, ByteView(part).first(10)})));
    out.push_back(with_choice(1, encode_acknowledge({1, 1, {false, true, true}})));
    const Hello hello{PacketKind::answer, k_b, k_a, k_lan, 1, StartNumber{3}, Nonce{2},
                      StartNumber{3}, Nonce{9}};
    const auto bytes = encode_hello(hello, Key{5}, scene.crypto);
    out.push_back(with_choice(0, bytes));
    out.push_back(with_choice(2, ByteView(bytes).first(bytes.size() - 32)));
    return out;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const ByteView rest(data + 1, size - 1);
    Scene scene;
    std::vector<Datagram> out;
    // A transfer of ours is under way, so that acknowledgements meet something.
    scene.a.send(k_now, k_b, Message{Report{Bytes(50'000, 1)}}, out);
    const bool is_raw = data[0] % 3 == 0;
    const bool is_genuine_hello = data[0] % 3 == 2;
    if (is_raw) {
        scene.receive(rest);
    } else if (is_genuine_hello) {
        Bytes hello(rest.begin(), rest.end());
        const auto mac = scene.crypto.mac(Key{5}, hello);
        hello.insert(hello.end(), mac.begin(), mac.end());
        scene.receive(hello);
        HA_FUZZ_CHECK(scene.deliveries.empty());
    } else {
        const auto payload = rest.first(std::min(rest.size(), k_payload_bytes_max));
        scene.receive(scene.b->seal(k_lan, payload, scene.crypto));
    }
    HA_FUZZ_CHECK(scene.deliveries.size() <= 1);
    scene.a.tick(k_now + 50ms, out);
    HA_FUZZ_CHECK(scene.a.transfer_bytes(k_b) <= k_limit_transfer_bytes + k_limit_message_bytes);
    HA_FUZZ_CHECK(scene.still_works());
    return 0;
}
