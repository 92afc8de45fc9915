// Checkpoints by the public API: what the next owner finds.
#include <doctest/doctest.h>

#include "lab.hpp"

namespace ha {

using namespace test;

namespace {

const SectionStatus* find(const std::vector<SectionStatus>& all, const std::string& name) {
    for (const auto& one : all)
        if (one.name == name) return &one;
    return nullptr;
}

}  // namespace

TEST_CASE("what a group's owner has written is there where the group starts next") {
    Lab lab(3);
    auto& a = lab.start(1);
    auto& b = lab.start(2);
    auto& c = lab.start(3);
    Lab::await_whole(c, 3);
    Lab::await_group(a, "relay", "n1", "online");
    const std::string odd("\0\xff binary", 9);
    ask([&](OnDone done) { a.checkpoint_write("relay", "count", "41", std::move(done)); });
    ask([&](OnDone done) { a.checkpoint_write("relay", "odd", odd, std::move(done)); });
    const auto here = a.checkpoint("relay");  // whoever has the answer reads what it wrote
    REQUIRE(find(here, "count") != nullptr);
    CHECK(find(here, "count")->data == "41");
    CHECK(find(here, "odd")->data == odd);
    const auto version = find(here, "count")->version;

    std::string found_at_start;
    stage().on_start("torch", [&] {
        const auto all = b.checkpoint("relay");
        if (const auto* count = find(all, "count")) found_at_start = count->data;
    });
    ask([&](OnDone done) {
        a.checkpoint_write("relay", "count", "42", std::move(done), version);
    });
    const auto old_epoch = find(a.checkpoint("relay"), "count")->epoch;
    ask([&](OnDone done) { c.group_move("relay", "n2", std::move(done)); });
    Lab::await_group(b, "relay", "n2", "online");
    CHECK(found_at_start == "42");

    // Whoever ran it before writes nothing any more.
    auto late = outcome_of([&](OnDone done) {
        a.checkpoint_write("relay", "count", "99", std::move(done));
    });
    CHECK_FALSE(late.ok);
    CHECK(late.text.find("does not run on this node") != std::string::npos);
    late = outcome_of([&](OnDone done) {
        b.checkpoint_write("relay", "count", "99", std::move(done), {}, old_epoch);
    });
    CHECK_FALSE(late.ok);
    CHECK(late.text.find("is written by incarnation 2 on node n2") != std::string::npos);
    late = outcome_of([&](OnDone done) {
        b.checkpoint_write("relay", "count", "99", std::move(done), version);
    });
    CHECK_FALSE(late.ok);  // it has a newer version
    ask([&](OnDone done) { b.checkpoint_erase("relay", "odd", std::move(done)); });
    CHECK(find(b.checkpoint("relay"), "odd") == nullptr);
    CHECK(find(b.checkpoint("relay"), "count")->data == "42");
}

TEST_CASE("a section that cannot be written is refused with what is wrong about it") {
    Lab lab(1);
    auto& a = lab.start(1);
    Lab::await_group(a, "relay", "n1", "online");
    const OnDone done = [](const Outcome&) { FAIL("a request that throws has no answer"); };
    CHECK(thrown([&] { a.checkpoint_write("rely", "s", "", done); }).code == ErrorCode::not_found);
    CHECK(thrown([&] { a.checkpoint_write("relay", "", "", done); }).says("1 to 63 bytes"));
    CHECK(thrown([&] {
              a.checkpoint_write("relay", "s", std::string(16 * 1024 + 1, 'x'), done);
          }).says("up to 16384 bytes, and this has 16385"));
    CHECK(thrown([&] { a.checkpoint("rely"); }).code == ErrorCode::not_found);
    const auto missing = outcome_of(
        [&](OnDone answer) { a.checkpoint_erase("relay", "s", std::move(answer)); });
    CHECK_FALSE(missing.ok);
    CHECK(missing.text.find("group relay has no section s") != std::string::npos);
    ask([&](OnDone answer) {
        a.checkpoint_write("relay", "s", std::string(16 * 1024, 'x'), std::move(answer));
    });
    CHECK(a.checkpoint("relay").front().data.size() == 16 * 1024);
}

}  // namespace ha
