// The dependency order of a group.
#include "lifecycle/dependency.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "base/random.hpp"

using namespace ha;
using namespace ha::lifecycle;

namespace {

model::GroupSpec group_of(const std::vector<std::vector<std::uint32_t>>& needs) {
    model::GroupSpec group;
    group.id = GroupId{1};
    group.name = "web";
    for (std::uint32_t i = 0; i < needs.size(); i++) {
        model::ResourceSpec resource;
        resource.id = ResourceId{i + 1};
        resource.name = "r" + std::to_string(i);
        for (auto need : needs[i]) resource.depends_on.push_back(ResourceId{need + 1});
        group.resources.push_back(resource);
    }
    return group;
}

std::size_t place_of(const Dependencies& d, std::size_t i) {
    return static_cast<std::size_t>(std::find(d.order.begin(), d.order.end(), i) -
                                    d.order.begin());
}

}  // namespace

TEST_CASE("a group without dependencies keeps the order of its list") {
    auto d = plan_dependencies(group_of({{}, {}, {}}));
    REQUIRE(d.has_value());
    CHECK(d->order == std::vector<std::size_t>{0, 1, 2});
}

TEST_CASE("a group without resources has an empty order") {
    auto d = plan_dependencies(group_of({}));
    REQUIRE(d.has_value());
    CHECK(d->order.empty());
}

TEST_CASE("cluster.md 7: what is needed stands before what needs it, even when listed after") {
    auto d = plan_dependencies(group_of({{1}, {2}, {}}));
    REQUIRE(d.has_value());
    CHECK(d->order == std::vector<std::size_t>{2, 1, 0});
    CHECK(d->needed_by[2] == std::vector<std::size_t>{1});
    CHECK(d->needs[0] == std::vector<std::size_t>{1});
}

TEST_CASE("a dependency that is named twice counts once") {
    auto d = plan_dependencies(group_of({{}, {0, 0}}));
    REQUIRE(d.has_value());
    CHECK(d->needed_by[0].size() == 1);
}

TEST_CASE("a cycle is refused, with the name of a resource on it") {
    auto d = plan_dependencies(group_of({{}, {2}, {1}}));
    REQUIRE(!d.has_value());
    CHECK(d.error().context.find("resource r1") != std::string::npos);
    CHECK(d.error().context.find("group web") != std::string::npos);
    CHECK(!plan_dependencies(group_of({{0}})).has_value());
}

TEST_CASE("a dependency outside the group and a doubled resource are refused") {
    CHECK(!plan_dependencies(group_of({{7}})).has_value());
    auto group = group_of({{}, {}});
    group.resources[1].id = group.resources[0].id;
    CHECK(!plan_dependencies(group).has_value());
}

TEST_CASE("dependents are found through others") {
    auto d = plan_dependencies(group_of({{}, {0}, {1}, {}}));
    REQUIRE(d.has_value());
    CHECK(with_dependents(*d, {true, false, false, false}) ==
          std::vector<bool>{true, true, true, false});
    CHECK(with_dependents(*d, {false, false, true, false}) ==
          std::vector<bool>{false, false, true, false});
}

TEST_CASE("each order of a random graph puts every resource after all that it needs") {
    for (std::uint64_t seed = 0; seed < 200; seed++) {
        Random random(seed_from(seed));
        auto count = 1 + random.below(30);
        std::vector<std::vector<std::uint32_t>> needs(count);
        for (std::uint32_t i = 1; i < count; i++)
            for (auto n = random.below(4); n > 0; n--)
                needs[i].push_back(static_cast<std::uint32_t>(random.below(i)));
        auto d = plan_dependencies(group_of(needs));
        REQUIRE(d.has_value());
        CHECK(d->order.size() == count);
        for (std::size_t i = 0; i < count; i++)
            for (auto need : needs[i]) CHECK(place_of(*d, need) < place_of(*d, i));
    }
}
