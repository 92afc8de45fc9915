// Checkpoints: who may write, versions, limits, and how long they stay.
#include <doctest/doctest.h>

#include "model/apply_operate.hpp"
#include "model/codec.hpp"
#include "model/flaw.hpp"
#include "story.hpp"

using namespace ha;
using namespace ha::model;
using namespace ha::test;

namespace {

struct CheckpointStory : Story {
    CheckpointStory() : Story(small_spec()) {
        all_up();
        give(k_a, 1);
    }
    void give(NodeId node, std::uint64_t incarnation) {
        REQUIRE(apply(Give{k_web, node, Incarnation{incarnation}, StartKind::start, "first"}));
    }
    void release(NodeId node, std::uint64_t incarnation) {
        REQUIRE(apply(Release{k_web, node, Incarnation{incarnation}, "stopped"}));
    }
    Epoch epoch() const { return state.groups.at(k_web).epoch; }
    bool write(const std::string& name, std::size_t size = 3) {
        return apply(WriteSection{k_web, epoch(), name, Bytes(size, 7), false, {}});
    }
    bool write_at(const std::string& name, std::uint64_t expected) {
        return apply(WriteSection{k_web, epoch(), name, {1}, true, SectionVersion{expected}});
    }
    const Checkpoint& checkpoint() const { return state.checkpoints.at(k_web); }
};

}  // namespace

TEST_CASE("what an activation has written is there for the next one") {
    CheckpointStory s;
    REQUIRE(s.write("sessions"));
    s.release(k_a, 1);
    s.give(k_b, 2);
    REQUIRE(s.checkpoint().contains("sessions"));
    CHECK(s.checkpoint().at("sessions").data == Bytes{7, 7, 7});
    CHECK(s.checkpoint().at("sessions").epoch.node == k_a);
    REQUIRE(s.write("sessions", 1));
    CHECK(s.checkpoint().at("sessions").epoch == s.epoch());
    CHECK(s.checkpoint().at("sessions").version == SectionVersion{2});
}

TEST_CASE("an activation that is over writes and erases nothing, however late its word comes") {
    CheckpointStory s;
    REQUIRE(s.write("sessions"));
    const auto old = s.epoch();
    s.release(k_a, 1);
    CHECK_FALSE(s.apply(WriteSection{k_web, old, "sessions", {1}, false, {}}));
    CHECK(s.rule == "group web runs nowhere, so nobody writes its checkpoint");
    s.give(k_b, 2);
    CHECK_FALSE(s.apply(WriteSection{k_web, old, "sessions", {1}, false, {}}));
    CHECK(s.rule == "the checkpoint of group web is written by incarnation 2 on node b, and this "
                    "is of incarnation 1");
    CHECK_FALSE(s.apply(EraseSection{k_web, old, "sessions"}));
    CHECK_FALSE(s.apply(WriteSection{GroupId{99}, old, "sessions", {1}, false, {}}));
    CHECK(s.checkpoint().at("sessions").data == Bytes{7, 7, 7});
}

TEST_CASE("a conditional write takes place at the version that it names, and at no other") {
    CheckpointStory s;
    CHECK_FALSE(s.write_at("sessions", 1));
    CHECK(s.rule == "section sessions does not exist, and was expected to have version 1");
    REQUIRE(s.write_at("sessions", 0));
    CHECK_FALSE(s.write_at("sessions", 0));
    CHECK(s.rule == "section sessions has version 1, and was expected not to exist");
    REQUIRE(s.write_at("sessions", 1));
    CHECK_FALSE(s.write_at("sessions", 1));
    // What is made anew has a version that none had before.
    REQUIRE(s.apply(EraseSection{k_web, s.epoch(), "sessions"}));
    REQUIRE(s.write_at("sessions", 0));
    CHECK(s.checkpoint().at("sessions").version == SectionVersion{3});
}

TEST_CASE("sections are bounded in size, number and sum, and the rule says by what") {
    CheckpointStory s;
    CHECK_FALSE(s.write(""));
    CHECK(s.rule == "a section needs a name");
    CHECK_FALSE(s.write(std::string(64, 'n')));
    CHECK_FALSE(s.write("big", k_limit_section_bytes + 1));
    CHECK(s.rule == "the size of section big is 16385, and at most 16384 is allowed");
    REQUIRE(s.write("big", k_limit_section_bytes));
    std::size_t written = 1;
    while (s.write("n" + std::to_string(written), k_limit_section_bytes)) written++;
    CHECK(written == 15);
    CHECK(s.rule.starts_with("the size of all checkpoints is "));
    REQUIRE(s.write("big", 10));  // smaller than it was: always room for that
    CHECK(checkpoint_bytes(s.state) <= k_limit_checkpoints_bytes);
    for (std::size_t i = s.checkpoint().size(); i < k_limit_sections; i++)
        REQUIRE(s.write("m" + std::to_string(i), 1));
    CHECK_FALSE(s.write("one more", 1));
    CHECK(s.rule == "the number of sections is 65, and at most 64 is allowed");
    CHECK_FALSE(flaw_of(s.state));
    CHECK(decode_state(encode(s.state)).has_value());
}

TEST_CASE("a checkpoint goes with its last section, and with its group") {
    CheckpointStory s;
    REQUIRE(s.write("one"));
    REQUIRE(s.apply(EraseSection{k_web, s.epoch(), "one"}));
    CHECK(s.state.checkpoints.empty());
    CHECK_FALSE(s.apply(EraseSection{k_web, s.epoch(), "one"}));
    CHECK(s.rule == "group web has no section one");
    REQUIRE(s.write("one"));
    REQUIRE(s.apply(SetGoal{k_web, Goal::offline, {}, false, "asked"}));
    s.release(k_a, 1);
    auto next = s.state.spec;
    std::erase_if(next.groups, [](const auto& group) { return group.id == k_web; });
    REQUIRE(s.apply(SetSpec{s.state.spec.revision, next}));
    CHECK(s.state.checkpoints.empty());
}

TEST_CASE("a state whose checkpoints cannot be right is not taken") {
    CheckpointStory s;
    REQUIRE(s.write("one"));
    auto broken = s.state;
    broken.newest_section_version = {};
    CHECK(decode_state(encode(broken)).has_error());
    broken = s.state;
    broken.checkpoints[GroupId{99}] = s.checkpoint();
    CHECK(decode_state(encode(broken)).has_error());
    broken = s.state;
    broken.checkpoints[k_db] = {};
    CHECK(decode_state(encode(broken)).has_error());
}
