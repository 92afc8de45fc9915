// Quorum: more than half, counted among voters only.
#include "membership/quorum.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace ha;
using membership::has_quorum;
using membership::quorum_size;

namespace {

std::vector<NodeId> nodes(std::uint16_t count) {
    std::vector<NodeId> out;
    for (std::uint16_t i = 1; i <= count; i++) out.push_back(NodeId{i});
    return out;
}

NodeSet set_of_bits(unsigned bits) {
    NodeSet out;
    for (std::uint16_t i = 0; i < 16; i++)
        if ((bits & (1U << i)) != 0) out.insert(NodeId{static_cast<std::uint16_t>(i + 1)});
    return out;
}

}  // namespace

TEST_CASE("a quorum is more than half of the voters") {
    CHECK(quorum_size(1) == 1);
    CHECK(quorum_size(2) == 2);
    CHECK(quorum_size(3) == 2);
    CHECK(quorum_size(4) == 3);
    CHECK(quorum_size(7) == 4);
}

TEST_CASE("no voters have no quorum, whoever is there") {
    CHECK_FALSE(has_quorum({}, {}));
    CHECK_FALSE(has_quorum({}, {NodeId{1}, NodeId{2}}));
}

TEST_CASE("nodes that are no voters count for nothing") {
    const auto voters = nodes(3);
    CHECK_FALSE(has_quorum(voters, {NodeId{3}, NodeId{4}, NodeId{5}, NodeId{6}}));
    CHECK(has_quorum(voters, {NodeId{2}, NodeId{3}, NodeId{9}}));
}

TEST_CASE("F31: any two quorums of the same voters share a voter, and so do those of one voter "
          "more") {
    for (std::uint16_t count = 1; count <= 6; count++) {
        const auto voters = nodes(count);
        const auto more = nodes(static_cast<std::uint16_t>(count + 1));
        for (unsigned a = 0; a < (1U << count); a++) {
            if (!has_quorum(voters, set_of_bits(a))) continue;
            for (unsigned b = 0; b < (1U << (count + 1)); b++) {
                if (has_quorum(voters, set_of_bits(b))) REQUIRE((a & b) != 0);
                if (has_quorum(more, set_of_bits(b))) REQUIRE((a & b) != 0);
            }
        }
    }
}
