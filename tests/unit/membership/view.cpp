// The view: contact is two-sided, and the membership has no pair without contact.
#include "membership/view.hpp"

#include <doctest/doctest.h>

using namespace ha;
using membership::contacts;
using membership::Hearing;
using membership::is_heard_by_anyone;

namespace {

NodeSet set_of(std::initializer_list<std::uint16_t> nodes) {
    NodeSet out;
    for (auto node : nodes) out.insert(NodeId{node});
    return out;
}

/// Node 1 of four that all hear each other.
Hearing all_hear() {
    Hearing hearing;
    hearing.self = NodeId{1};
    hearing.heard = set_of({2, 3, 4});
    hearing.told[NodeId{2}] = set_of({1, 3, 4});
    hearing.told[NodeId{3}] = set_of({1, 2, 4});
    hearing.told[NodeId{4}] = set_of({1, 2, 3});
    return hearing;
}

}  // namespace

TEST_CASE("cluster.md 2: nodes that hear us and that we hear are contacts, all others are not") {
    auto hearing = all_hear();
    CHECK(contacts(hearing) == set_of({2, 3, 4}));
    hearing.told[NodeId{2}] = set_of({3, 4});  // does not hear us
    CHECK(contacts(hearing) == set_of({3, 4}));
    hearing.heard = set_of({2, 4});            // we do not hear 3
    CHECK(contacts(hearing) == set_of({4}));
    hearing.told.erase(NodeId{4});             // has told nothing
    CHECK(contacts(hearing).size() == 0);
}

TEST_CASE("the membership is all of us when all have contact, and includes us when alone") {
    CHECK(membership::membership(all_hear()) == set_of({1, 2, 3, 4}));
    Hearing alone;
    alone.self = NodeId{1};
    CHECK(membership::membership(alone) == set_of({1}));
}

TEST_CASE("F30: of a pair without contact the one that misses more goes, then the higher number") {
    auto hearing = all_hear();
    hearing.told[NodeId{2}] = set_of({1, 4});  // 2 and 3 have no contact
    CHECK(membership::membership(hearing) == set_of({1, 2, 4}));
    hearing.told[NodeId{2}] = set_of({1});     // 2 has none to 3 nor 4
    CHECK(membership::membership(hearing) == set_of({1, 3, 4}));
}

TEST_CASE("one side that hears is no contact between two others either") {
    auto hearing = all_hear();
    hearing.told[NodeId{4}] = set_of({1, 2});  // 3 hears 4, 4 does not hear 3
    CHECK(membership::membership(hearing) == set_of({1, 2, 3}));
}

TEST_CASE("a node is not dead while somebody in contact with us hears it") {
    auto hearing = all_hear();
    hearing.heard = set_of({2, 3});
    CHECK(is_heard_by_anyone(hearing, NodeId{4}));
    hearing.told[NodeId{2}] = set_of({1, 3});
    CHECK(is_heard_by_anyone(hearing, NodeId{4}));
    hearing.told[NodeId{3}] = set_of({1, 2});
    CHECK_FALSE(is_heard_by_anyone(hearing, NodeId{4}));
}

TEST_CASE("the word of a node that does not hear us is too old to count") {
    auto hearing = all_hear();
    hearing.heard = set_of({2, 3});
    hearing.told[NodeId{2}] = set_of({3, 4});
    hearing.told[NodeId{3}] = set_of({1, 2});
    CHECK_FALSE(is_heard_by_anyone(hearing, NodeId{4}));
}

TEST_CASE("F30: the best membership is a larger one without self, where others see more") {
    Hearing hearing;
    hearing.self = NodeId{1};
    hearing.heard = set_of({2, 3});
    hearing.told[NodeId{2}] = set_of({1, 3, 4, 5});
    hearing.told[NodeId{3}] = set_of({1, 2, 4, 5});
    CHECK(membership::membership(hearing) == set_of({1, 2, 3}));
    CHECK(membership::best_membership(hearing) == set_of({2, 3, 4, 5}));
    CHECK(membership::contacts_within(hearing, set_of({2, 3, 4, 5}), NodeId{2}) == 3);
    // As large as ours: ours it is.
    hearing.told[NodeId{2}] = set_of({1, 3, 4});
    hearing.told[NodeId{3}] = set_of({1, 2});
    CHECK(membership::best_membership(hearing) == set_of({1, 2, 3}));
}
