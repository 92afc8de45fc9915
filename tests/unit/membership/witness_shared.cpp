// A witness of several nodes, each with its own rule book over one shared record: what the store
// carries out has one order, what it answers may be late, lost, or of no known outcome.
#include "membership/witness_shared.hpp"

#include <doctest/doctest.h>

#include <memory>

#include "toy_crypto.hpp"
#include "wire_samples.hpp"

using namespace ha;
using namespace ha::test;
using membership::SharedOrder;
using membership::SharedRead;
using membership::SharedSwap;
using membership::SharedValues;
using membership::SharedWitness;
using wire::WitnessState;

namespace shared_witness_cases {
namespace {

const auto k_cluster = sample_id<ClusterId>(3);
constexpr Duration k_lease = 1s;

/// What an etcd does: one value with a revision, swapped by compare.
struct Store {
    SharedValues values{.store = 5};
    std::uint64_t revisions = 0;

    SharedValues read(bool with_kept) const {
        auto out = values;
        if (!with_kept) out.parts.clear();
        return out;
    }
    bool swap(const SharedSwap& swap) {
        if (swap.revision != values.revision) return false;
        if (!swap.record.empty()) {
            values.record = swap.record;
            values.revision = ++revisions;
        }
        if (!swap.leader.empty()) values.leader = swap.leader;
        std::erase_if(values.parts, [&](const auto& one) {
            return one.first >= swap.erase_from && one.first < swap.erase_to;
        });
        for (const auto& [number, part] : swap.parts) {
            REQUIRE(!values.parts.contains(number));
            values.parts[number] = part;
        }
        return true;
    }
};

/// One node: its end of the session, and its witness.
struct Node {
    Node(std::uint16_t id, std::uint8_t key, Instant now) : id(id) {
        wire::Key secret{};
        secret.fill(key);
        membership::SharedWitnessOptions o;
        o.node = NodeId{id};
        o.start = StartNumber{1};
        o.seed = seed_from(id);
        o.salt_seed = seed_from(1000u + id);
        o.keys = {{1, secret}};
        o.key_in_use = 1;
        o.name = "pair";
        witness = std::make_unique<SharedWitness>(now, o, crypto);
        wire::ChannelOptions c;
        c.self = NodeId{id};
        c.start = StartNumber{1};
        c.seed = seed_from(100u + id);
        c.keys = o.keys;
        c.key_in_use = 1;
        channels = std::make_unique<wire::Channels>(c, crypto);
        channels->set_peers({{k_witness_node, {k_witness_interconnect}}});
    }
    std::uint16_t id;
    ToyCrypto crypto;
    std::unique_ptr<SharedWitness> witness;
    std::unique_ptr<wire::Channels> channels;
    std::vector<wire::Message> heard;
};

struct Bench {
    explicit Bench(std::uint8_t other_key = 1) {
        nodes.push_back(std::make_unique<Node>(1, 1, now));
        nodes.push_back(std::make_unique<Node>(2, other_key, now));
        nodes.push_back(std::make_unique<Node>(3, 1, now));
        for (int i = 0; i < 20; i++) {
            now = now + 5ms;
            for (auto& node : nodes) {
                std::vector<wire::Datagram> out;
                node->channels->tick(now, out);
                to_witness(*node, out);
                out.clear();
                node->witness->tick(now, out);
                to_node(*node, out);
            }
        }
    }
    Node& node(std::uint16_t id) { return *nodes.at(id - 1u); }
    void to_witness(Node& node, const std::vector<wire::Datagram>& out) {
        for (const auto& one : out) {
            std::vector<wire::Datagram> replies;
            node.witness->receive(now, one.bytes, replies);
            to_node(node, replies);
        }
    }
    void to_node(Node& node, const std::vector<wire::Datagram>& out) {
        for (const auto& one : out) {
            std::vector<wire::Delivery> deliveries;
            std::vector<wire::Datagram> replies;
            std::vector<wire::Refusal> refusals;
            node.channels->receive(now, k_witness_interconnect, one.bytes, deliveries, replies,
                                   refusals);
            for (auto& delivery : deliveries) node.heard.push_back(std::move(delivery.message));
            to_witness(node, replies);
        }
    }
    void send(std::uint16_t id, const wire::Message& message) {
        std::vector<wire::Datagram> out;
        node(id).channels->send(now, k_witness_node, message, out);
        to_witness(node(id), out);
    }
    std::optional<SharedOrder> order(std::uint16_t id) { return node(id).witness->take_order(); }
    /// Carries the order out and hands the answer over.
    void serve(std::uint16_t id, const SharedOrder& order) {
        std::vector<wire::Datagram> out;
        if (const auto* read = std::get_if<SharedRead>(&order.what))
            node(id).witness->on_read(now, order.number, store.read(read->with_kept), out);
        else
            node(id).witness->on_swapped(now, order.number,
                                         store.swap(std::get<SharedSwap>(order.what)), out);
        to_node(node(id), out);
    }
    /// Until nothing more is asked; how many orders that were.
    int serve_all(std::uint16_t id) {
        int count = 0;
        while (auto next = order(id)) {
            serve(id, *next);
            REQUIRE(++count < 50);
        }
        return count;
    }
    template <class T>
    std::vector<T> take(std::uint16_t id) {
        std::vector<T> out;
        for (auto& message : node(id).heard)
            if (auto* wanted = std::get_if<T>(&message)) out.push_back(std::move(*wanted));
        node(id).heard.clear();
        return out;
    }
    wire::WitnessAsk ask(std::uint64_t applied = 1) {
        wire::WitnessAsk a;
        a.seq = HeartbeatSeq{++seq};
        a.cluster = k_cluster;
        a.wants_lease = true;
        a.lease_length = k_lease;
        a.applied = LogIndex{applied};
        a.term = Term{2};
        return a;
    }
    /// Asks, and has it all carried out.
    WitnessState answer(std::uint16_t id, const wire::Message& message) {
        take<WitnessState>(id);
        send(id, message);
        serve_all(id);
        auto states = take<WitnessState>(id);
        REQUIRE(states.size() == 1);
        return states.front();
    }

    Instant now{1'000'000'000};
    Store store;
    std::vector<std::unique_ptr<Node>> nodes;
    std::uint64_t seq = 0;
};

wire::VoteRequest vote(std::uint64_t term, std::uint64_t last = 5) {
    wire::VoteRequest v;
    v.term = Term{term};
    v.last_index = LogIndex{last};
    v.last_term = Term{2};
    return v;
}

wire::WitnessAppend append(std::uint64_t term, std::uint64_t last,
                           std::vector<wire::WitnessBlock> blocks = {}) {
    wire::WitnessAppend a;
    a.cluster = k_cluster;
    a.term = a.last_term = Term{term};
    a.last = LogIndex{last};
    a.blocks = std::move(blocks);
    return a;
}

}  // namespace

TEST_CASE("F10: the first that asks makes the record, and both see the same") {
    Bench b;
    const auto one = b.answer(1, b.ask());
    CHECK(one.lease_length == k_lease);
    CHECK(b.answer(2, b.ask()).store == one.store);
    CHECK(b.answer(1, b.ask()).counter == b.answer(2, b.ask()).counter);
}

TEST_CASE("F10: two nodes make the record at once: one of them is used by both") {
    Bench b;
    b.send(1, b.ask());
    b.send(2, b.ask());
    for (std::uint16_t id : {1, 2}) b.serve(id, *b.order(id));
    CHECK(b.take<WitnessState>(1).empty());
    for (std::uint16_t id : {1, 2}) b.serve_all(id);
    const auto one = b.take<WitnessState>(1), two = b.take<WitnessState>(2);
    REQUIRE((one.size() == 1 && two.size() == 1));
    CHECK(one.front().store == two.front().store);
}

TEST_CASE("F10: a record that was copied into another etcd is refused there, and left as it is") {
    Bench b;
    const auto one = b.answer(1, b.ask());
    b.store.values.store = 6;  // restored as another one
    const auto copied = b.store.values;
    b.take<WitnessState>(1);
    for (const wire::Message& message : {wire::Message(b.ask()), wire::Message(vote(7))}) {
        b.send(1, message);
        b.serve_all(1);
        CHECK(b.take<WitnessState>(1).empty());
        CHECK(b.take<wire::VoteReply>(1).empty());
    }
    const auto& problem = b.node(1).witness->problem();
    CHECK(problem.find("written in another etcd (cluster_id 5, and this one's is 6)") !=
          problem.npos);
    CHECK(problem.find("delete the keys below the prefix") != problem.npos);
    CHECK(b.store.values.revision == copied.revision);
    CHECK(b.store.values.record == copied.record);
    // As an operator is told to: then it is another witness, that nobody counts on yet.
    b.store.values = {.store = 6};
    const auto anew = b.answer(1, b.ask());
    CHECK(anew.store != one.store);
    CHECK(b.node(1).witness->problem().empty());
}

TEST_CASE("F10: a record that only says to be of this etcd cannot be opened") {
    Bench b;
    b.answer(1, b.ask());
    b.store.values.store = 6;
    constexpr std::size_t k_store_at = 4 + 16;  // behind key id and salt
    auto& told = b.store.values.record.at(k_store_at + 7);
    told = told == 5 ? 6 : told;
    auto& first = b.store.values.record.at(k_store_at);
    first = first == 5 ? 6 : first;
    b.take<WitnessState>(1);
    b.send(1, b.ask());
    b.serve_all(1);
    CHECK(b.take<WitnessState>(1).empty());
    CHECK(b.node(1).witness->problem().find("sealed with another key") != std::string::npos);
}

namespace {

/// As the first version of this sealed it: bound to no store.
Bytes seal_as_before(std::uint8_t key, std::string_view name) {
    ToyCrypto crypto;
    wire::Key secret{};
    secret.fill(key);
    const Bytes salt(16, 9);
    const std::string_view info = "libha witness shared 1";
    Bytes where, out;
    Writer p(where);
    p.text(name);
    p.text("record");
    Writer w(out);
    w.u32(1);
    w.raw(salt);
    const auto part_key = crypto.derive(
        secret, salt, {reinterpret_cast<const std::uint8_t*>(info.data()), info.size()});
    crypto.seal_part(part_key, where, wire::encode(wire::SharedRecord{}), out);
    return out;
}

}  // namespace

TEST_CASE("F10: a record of an older version is told from one of another key, and left as it is") {
    struct Case {
        std::uint8_t key;
        const char* name;
        const char* says;
    };
    for (const Case& one : {Case{1, "pair", "written by an older version"},
                            Case{2, "pair", "sealed with another key"},
                            Case{1, "other", "sealed with another key"}}) {
        CAPTURE(one.says);
        Bench b;
        b.store.values.record = seal_as_before(one.key, one.name);
        b.store.values.revision = b.store.revisions = 1;
        const auto before = b.store.values.record;
        b.send(1, b.ask());
        b.serve_all(1);
        CHECK(b.take<WitnessState>(1).empty());
        INFO(b.node(1).witness->problem());
        CHECK(b.node(1).witness->problem().find(one.says) != std::string::npos);
        CHECK(b.store.values.record == before);
        const bool is_older = std::string(one.says).find("older") != std::string::npos;
        CHECK((b.node(1).witness->problem().find("delete the keys below the prefix") !=
               std::string::npos) == is_older);
    }
}

TEST_CASE("F10: two nodes ask for the vote of one term at once: exactly one gets it") {
    Bench b;
    b.answer(1, b.ask());
    b.answer(2, b.ask());
    for (std::uint16_t id : {1, 2}) b.send(id, vote(7));
    // Both decide from the same record, before either has written.
    for (std::uint16_t id : {1, 2}) b.serve(id, *b.order(id));
    const auto first = b.order(1), second = b.order(2);
    REQUIRE((first && second));
    REQUIRE(std::get<SharedSwap>(first->what).revision ==
            std::get<SharedSwap>(second->what).revision);
    b.serve(2, *second);
    b.serve(1, *first);
    CHECK(b.take<wire::VoteReply>(1).empty());  // what it decided is void; it looks again
    b.serve_all(1);
    b.serve_all(2);
    const auto one = b.take<wire::VoteReply>(1);
    REQUIRE(one.size() == 1);
    CHECK_FALSE(one.front().granted);
    CHECK(b.store.values.revision > 0);
    CHECK(b.node(1).witness->record().voted_for == NodeId{2});
}

TEST_CASE("F10: a race that is lost again and again ends, and nothing was answered") {
    Bench b;
    b.answer(1, b.ask());
    b.send(1, vote(7));
    int tries = 0;
    while (auto order = b.order(1)) {
        if (std::holds_alternative<SharedSwap>(order->what)) {
            b.store.values.revision = ++b.store.revisions;  // somebody else was here
            tries++;
        }
        b.serve(1, *order);
        REQUIRE(tries <= membership::k_shared_tries);
    }
    CHECK(tries == membership::k_shared_tries);
    CHECK(b.take<wire::VoteReply>(1).empty());
    b.send(1, vote(7));
    b.serve_all(1);
    CHECK(b.take<wire::VoteReply>(1).size() == 1);
}

TEST_CASE("F10: a swap of unknown outcome is answered by nothing, and read back") {
    for (const bool is_carried_out : {false, true}) {
        Bench b;
        b.answer(1, b.ask());
        b.send(1, vote(7));
        b.serve(1, *b.order(1));
        const auto swap = b.order(1);
        if (is_carried_out) b.store.swap(std::get<SharedSwap>(swap->what));
        b.node(1).witness->on_unknown(swap->number);
        CHECK(b.take<wire::VoteReply>(1).empty());
        // What comes after that is decided from what the store holds, not from what was wished.
        b.answer(2, b.ask());
        b.send(2, vote(7));
        b.serve_all(2);
        CHECK(b.take<wire::VoteReply>(2).front().granted != is_carried_out);
        b.send(1, vote(7));
        b.serve_all(1);
        CHECK(b.take<wire::VoteReply>(1).front().granted == is_carried_out);
    }
}

TEST_CASE("F10: an answer that comes after its order was given up is not used") {
    Bench b;
    b.answer(1, b.ask());
    b.send(1, b.ask());
    const auto late = b.order(1);
    b.node(1).witness->on_unknown(late->number);
    b.serve(1, *late);
    CHECK(b.take<WitnessState>(1).empty());
    b.send(1, b.ask());
    const auto next = b.order(1);
    b.serve(1, *late);  // while another one is under way
    CHECK(b.take<WitnessState>(1).empty());
    b.serve(1, *next);
    CHECK(b.take<WitnessState>(1).size() == 1);
}

TEST_CASE("F10: nobody wins whose log ends before what the other had acknowledged here") {
    Bench b;
    b.answer(1, b.ask());
    b.answer(1, append(3, 9));
    b.send(2, vote(8, 8));
    b.serve_all(2);
    CHECK_FALSE(b.take<wire::VoteReply>(2).front().granted);
}

TEST_CASE("F1 F10: a node that was taken from gets no lease, and its last one is waited for") {
    Bench b;
    b.answer(1, b.ask());
    CHECK(b.answer(2, b.ask(4)).lease_length == k_lease);
    const auto told = b.answer(1, append(2, 9, {{NodeId{2}, LogIndex{9}}}));
    REQUIRE(told.blocks.size() == 1);
    // A whole lease, with the drift of both clocks, from when this node saw the block.
    CHECK(told.blocks.front().remaining >= k_lease);
    const auto refused = b.answer(2, b.ask(8));
    CHECK(refused.lease_length == Duration::zero());
    CHECK(refused.blocked_index == LogIndex{9});
    CHECK(b.answer(2, b.ask(9)).lease_length == k_lease);
    b.now = b.now + k_lease / 2;
    const auto half = b.answer(1, b.ask()).blocks.front().remaining;
    CHECK((half > k_lease / 3 && half < k_lease));
    // A node that sees the block only now has no earlier moment to count from.
    CHECK(b.answer(3, b.ask(9)).blocks.front().remaining > half);
    b.now = b.now + k_lease;
    CHECK(b.answer(1, b.ask()).blocks.front().remaining == Duration::zero());
}

TEST_CASE("F10: a block of another term, or of another record, is a new one") {
    Bench b;
    b.answer(1, b.ask());
    b.answer(1, append(2, 9, {{NodeId{2}, LogIndex{9}}}));
    b.now = b.now + 2 * k_lease;
    CHECK(b.answer(1, b.ask()).blocks.front().remaining == Duration::zero());
    // Node 2 leads, takes nothing from itself, and has a lease again; then node 1 does it anew.
    b.answer(2, append(3, 8));
    CHECK(b.answer(2, b.ask(1)).lease_length == k_lease);
    const auto again = b.answer(1, append(4, 9, {{NodeId{2}, LogIndex{9}}}));
    REQUIRE(again.blocks.size() == 1);
    CHECK(again.blocks.front().remaining >= k_lease);
}

TEST_CASE("F10: a leader that beats is not deposed by who does not hear it, a silent one is") {
    Bench b;
    auto lead = b.ask();
    lead.is_leader = true;
    lead.hold = 900ms;
    b.answer(1, lead);
    b.answer(2, b.ask());
    b.send(2, vote(7));
    b.serve_all(2);
    CHECK_FALSE(b.take<wire::VoteReply>(2).front().granted);
    // It is asked often and written seldom.
    const auto before = b.store.values.leader;
    b.now = b.now + 100ms;
    lead.seq = HeartbeatSeq{++b.seq};
    b.answer(1, lead);
    CHECK(b.store.values.leader == before);
    b.now = b.now + 300ms;
    lead.seq = HeartbeatSeq{++b.seq};
    b.answer(1, lead);
    CHECK(b.store.values.leader != before);
    CHECK(b.answer(2, b.ask()).is_held);
    b.now = b.now + 899ms;
    CHECK(b.answer(2, b.ask()).is_held);
    b.now = b.now + 1ms;
    b.send(2, vote(7));
    b.serve_all(2);
    CHECK(b.take<wire::VoteReply>(2).front().granted);
}

TEST_CASE("F10: a lease that is not the first of its length costs no write") {
    Bench b;
    b.answer(1, b.ask());
    const auto revision = b.store.values.revision;
    for (int i = 0; i < 5; i++) b.answer(1, b.ask());
    CHECK(b.store.values.revision == revision);
}

TEST_CASE("D6: what is kept lies apart, is given back as it was, and is erased with its chain") {
    Bench b;
    b.answer(1, b.ask());
    auto first = append(2, 9);
    first.parts = {{LogIndex{}, Term{}, LogIndex{5}, Term{2}, Bytes(3000, 1)},
                   {LogIndex{5}, Term{2}, LogIndex{9}, Term{2}, Bytes(40, 2)}};
    const auto kept = b.answer(1, first);
    CHECK(kept.kept_last == LogIndex{9});
    CHECK(kept.kept_bytes == 3040);
    CHECK(b.store.values.parts.size() == 2);
    b.send(2, wire::WitnessFetch{});
    b.serve_all(2);
    CHECK(b.take<wire::WitnessKept>(2).front().parts == first.parts);
    auto more = append(2, 10);
    more.parts = {{LogIndex{9}, Term{2}, LogIndex{10}, Term{2}, Bytes(7, 3)}};
    CHECK(b.answer(1, more).kept_last == LogIndex{10});
    CHECK(b.store.values.parts.size() == 3);
    auto anew = append(2, 11);
    anew.parts = {{LogIndex{}, Term{}, LogIndex{11}, Term{2}, Bytes(10, 4)}};
    CHECK(b.answer(2, anew).kept_bytes == 10);
    CHECK(b.store.values.parts.size() == 1);
    b.send(2, wire::WitnessFetch{});
    b.serve_all(2);
    CHECK(b.take<wire::WitnessKept>(2).front().parts == anew.parts);
    b.store.values.parts.clear();
    b.send(2, wire::WitnessFetch{});
    b.serve_all(2);
    CHECK(b.take<wire::WitnessKept>(2).empty());
    CHECK(b.node(2).witness->problem().find("missing") != std::string::npos);
}

TEST_CASE("F9 F10: a record that is gone comes back as another one; one of another key is none") {
    Bench b;
    const auto before = b.answer(1, b.ask());
    b.store.values = {};
    CHECK(b.answer(1, b.ask()).store != before.store);
    Bench other(2);
    other.answer(1, other.ask());
    const auto record = other.store.values.record;
    other.send(2, other.ask());
    other.serve_all(2);
    CHECK(other.take<WitnessState>(2).empty());
    CHECK(other.node(2).witness->problem().find("another key") != std::string::npos);
    CHECK(other.store.values.record == record);
    auto& damaged = b.store.values.record;
    damaged[damaged.size() / 2] ^= 1;
    b.send(1, b.ask());
    b.serve_all(1);
    CHECK(b.take<WitnessState>(1).empty());
}

}  // namespace shared_witness_cases
