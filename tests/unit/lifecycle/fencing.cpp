// Fencing on the node that does it: devices in order, attempts, verification, and what ends it.
#include "lifecycle/fencing.hpp"

#include <doctest/doctest.h>

#include "lifecycle/bounds.hpp"

using namespace ha;
using namespace ha::lifecycle;
using namespace std::chrono_literals;

namespace {

constexpr NodeId k_a{1}, k_b{2}, k_c{3};

/// Node c makes others harmless; the test plays devices and state.
struct Range {
    model::ClusterSpec spec;
    Fencing fencing;
    Instant now{1'000'000'000};
    Instant not_after = Instant::max();
    std::vector<FenceTask> tasks;
    std::vector<FenceOperation> begun;
    std::vector<model::FenceDone> told;
    std::vector<Event> events;

    Range() {
        for (const auto id : {k_a, k_b, k_c}) {
            model::NodeSpec node;
            node.id = id;
            node.name = std::string(1, static_cast<char>('a' + id.value - 1));
            node.rank = id.value - 1u;
            node.fences = {{"ipmi", "test", {}, 10s, 1, 3s, true},
                           {"pdu", "test", {}, 20s, 0, 3s, false}};
            spec.nodes.push_back(std::move(node));
        }
    }
    FenceTask& want(NodeId node, std::uint32_t count = 1) {
        FenceTask task;
        task.node = node;
        task.start = StartNumber{7};
        task.count = count;
        tasks.push_back(task);
        return tasks.back();
    }
    /// Node a is wanted off, and was heard just now; who is silent for 1 s is not heard any more.
    void want_of_heard_node() {
        spec.timing.heartbeat_interval = 200ms;
        spec.timing.heartbeat_timeout = 1s;
        want(k_a).heard = now;
        update();
    }
    void look() {
        auto out = fencing.take_output();
        for (auto& call : out.calls) begun.push_back(std::get<FenceOperation>(call));
        for (auto& report : out.reports) told.push_back(std::get<model::FenceDone>(report));
        events.insert(events.end(), out.events.begin(), out.events.end());
    }
    void update() {
        fencing.update(now, spec, tasks, not_after);
        look();
    }
    void pass(Duration time) {
        now = now + time;
        update();
    }
    /// Of the operation begun last.
    void answer(Outcome outcome, PowerStatus power = PowerStatus::unknown,
                bool is_returned = true) {
        REQUIRE(!begun.empty());
        fencing.on_report(now, {begun.back().id, outcome, power, "it said so", is_returned});
        look();
    }
    void says_off() {
        answer(Outcome::ok);
        update();
        REQUIRE(begun.back().action == FenceAction::status);
    }
    bool is_begun(const std::string& device, FenceAction action, std::uint32_t attempt) const {
        if (begun.empty()) return false;
        const auto& last = begun.back();
        return last.device == device && last.action == action && last.attempt == attempt;
    }
    /// As the leader does it.
    void commit() {
        REQUIRE(!told.empty());
        auto& task = tasks.front();
        if (told.back().is_over)
            tasks.erase(tasks.begin());
        else
            task.is_wanted = false;
    }
    /// Over is told k_fence_echo after the last shot that was not proven, and that is the end.
    void commit_after_echo() {
        if (!tasks.empty() && tasks.front().is_wanted) commit();
        update();
        REQUIRE_FALSE(fencing.is_idle());
        REQUIRE_FALSE(told.back().is_over);
        pass(k_fence_echo);
        REQUIRE(told.back().is_over);
        commit();
        update();
        CHECK(fencing.is_idle());
    }
};

}  // namespace

TEST_CASE("F22: a node counts as harmless when the device says so and its status agrees") {
    Range range;
    range.want(k_a);
    range.update();
    REQUIRE(range.is_begun("ipmi", FenceAction::off, 1));
    CHECK(range.begun.back().node == k_a);
    CHECK(range.begun.back().deadline == range.now + 10s);
    range.pass(2s);
    range.says_off();
    CHECK(range.begun.back().deadline == range.now + 3s);
    CHECK(range.told.empty());
    range.answer(Outcome::ok, PowerStatus::off);
    REQUIRE(range.told.size() == 1);
    CHECK(range.told.back().is_confirmed);
    CHECK(range.told.back().count == 1);
    CHECK(range.told.back().start == StartNumber{7});
}

TEST_CASE("F22: a device that lies is a failure, and the next one is asked") {
    Range range;
    range.spec.nodes[0].fences[0].retries = 0;
    range.want(k_a);
    range.update();
    range.says_off();
    const auto begin = range.now;
    while (range.is_begun("ipmi", FenceAction::status, 1)) {
        range.answer(Outcome::ok, PowerStatus::on);
        range.pass(k_fence_look_interval);
        REQUIRE(range.now - begin < 5s);
    }
    CHECK(range.now - begin >= 2s);  // looked at again: some are slow to show it
    CHECK(range.is_begun("pdu", FenceAction::off, 1));
    CHECK(range.told.empty());
    CHECK(range.events.size() == 1);
    range.says_off();
    range.answer(Outcome::ok, PowerStatus::off);
    REQUIRE(range.told.size() == 1);
    CHECK(range.told.back().is_confirmed);
    CHECK(range.told.back().reason.find("device pdu") != std::string::npos);
}

TEST_CASE("F22: a node that was heard until now has to fall silent before it counts as off") {
    Range range;
    range.want_of_heard_node();
    range.pass(300ms);
    range.says_off();
    const auto claimed = range.now;
    range.answer(Outcome::ok, PowerStatus::off);
    CHECK(range.told.empty());
    CHECK(range.fencing.next_deadline() == claimed + 1s);
    range.tasks.front().heard = claimed + 150ms;  // it was on its way
    range.pass(1s);
    REQUIRE(range.is_begun("ipmi", FenceAction::status, 1));
    range.answer(Outcome::ok, PowerStatus::off);
    REQUIRE(range.told.size() == 1);
    CHECK(range.told.back().is_confirmed);
}

TEST_CASE("F22: a node that is heard after its device says off is not off") {
    Range range;
    range.spec.nodes[0].fences[0].retries = 0;
    range.want_of_heard_node();
    range.says_off();
    range.answer(Outcome::ok, PowerStatus::off);
    range.tasks.front().heard = range.now + 900ms;
    range.pass(1s);
    range.answer(Outcome::ok, PowerStatus::off);
    CHECK(range.told.empty());
    REQUIRE(range.events.size() == 1);
    range.update();
    CHECK(range.is_begun("pdu", FenceAction::off, 1));
    range.answer(Outcome::failed);
    REQUIRE(range.told.size() == 1);
    CHECK_FALSE(range.told.back().is_confirmed);
    CHECK(range.told.back().reason.find("is still heard") != std::string::npos);
}

TEST_CASE("a node that was silent before the shot is not waited for") {
    Range range;
    range.want_of_heard_node();
    range.pass(1s);
    range.says_off();
    range.answer(Outcome::ok, PowerStatus::off);
    REQUIRE(range.told.size() == 1);
    CHECK(range.told.back().is_confirmed);
}

TEST_CASE("a status that cannot be had proves nothing") {
    Range range;
    range.spec.nodes[0].fences.pop_back();
    range.spec.nodes[0].fences[0].retries = 0;
    range.want(k_a);
    range.update();
    range.says_off();
    for (int n = 0; n < 20 && range.told.empty(); n++) {
        if (n % 2 == 0)
            range.answer(Outcome::failed);
        else
            range.answer(Outcome::ok, PowerStatus::unknown);
        range.pass(k_fence_look_interval);
    }
    REQUIRE_FALSE(range.told.empty());
    CHECK_FALSE(range.told.back().is_confirmed);
    CHECK_FALSE(range.told.back().is_over);
    range.pass(k_fence_echo);
    CHECK(range.told.back().is_over);
}

TEST_CASE("each device gets its attempts, in order, and the failure names what all of them said") {
    Range range;
    range.want(k_a);
    range.update();
    range.answer(Outcome::failed);
    range.update();
    CHECK(range.begun.size() == 1);  // not at once
    range.pass(k_fence_retry_pause);
    CHECK(range.is_begun("ipmi", FenceAction::off, 2));
    range.answer(Outcome::timed_out);
    range.update();
    CHECK(range.is_begun("pdu", FenceAction::off, 1));
    CHECK(range.begun.back().deadline == range.now + 20s);
    range.answer(Outcome::failed);
    REQUIRE(range.told.size() == 1);
    const auto& done = range.told.back();
    CHECK_FALSE(done.is_confirmed);
    CHECK_FALSE(done.is_needless);
    CHECK(done.reason == "device ipmi: it said so; device pdu: it said so");
    CHECK(range.events.size() == 3);
    range.pass(k_report_repeat);
    CHECK(range.told.size() == 2);  // told again until it is committed
    CHECK_FALSE(range.told.back().is_over);
    range.commit();
    range.pass(k_report_repeat);
    CHECK(range.told.size() == 2);
    range.commit_after_echo();
    range.pass(k_report_repeat);
    CHECK(range.told.size() == 3);
    CHECK(range.fencing.is_idle());
}

TEST_CASE("a device that hangs costs its own deadline, and is not waited for a second time") {
    Range range;
    range.want(k_a);
    range.update();
    range.now = range.now + 10s;
    range.answer(Outcome::timed_out, PowerStatus::unknown, false);
    range.update();
    CHECK(range.is_begun("pdu", FenceAction::off, 1));
    range.says_off();
    range.answer(Outcome::ok, PowerStatus::off);
    REQUIRE(range.told.size() == 1);
    CHECK(range.told.back().is_confirmed);
}

TEST_CASE("F22: over is told only when every shot has come back, also one that was given up") {
    Range range;
    range.want(k_a);
    range.update();
    const auto hanging = range.begun.back().id;
    range.answer(Outcome::timed_out, PowerStatus::unknown, false);
    range.update();
    range.says_off();
    range.answer(Outcome::ok, PowerStatus::off);
    REQUIRE(range.told.size() == 1);
    CHECK_FALSE(range.told.back().is_over);
    range.commit();
    range.pass(60s);
    CHECK(range.told.size() == 1);
    CHECK_FALSE(range.fencing.is_idle());
    CHECK(range.fencing.status().front().text.find("has not come back") != std::string::npos);
    range.fencing.on_report(range.now, {hanging, Outcome::ok, PowerStatus::unknown, "", true});
    range.look();
    CHECK(range.told.size() == 1);
    CHECK(range.fencing.next_deadline() == range.now + k_fence_echo);
    range.pass(k_fence_echo);
    REQUIRE(range.told.size() == 2);
    CHECK(range.told.back().is_over);
    range.commit();
    range.update();
    CHECK(range.fencing.is_idle());
}

TEST_CASE("F22: what hangs of an earlier request keeps the next one open") {
    Range range;
    range.want(k_a, 1);
    range.update();
    const auto hanging = range.begun.back().id;
    range.answer(Outcome::timed_out, PowerStatus::unknown, false);
    range.tasks.clear();
    range.want(k_a, 2);
    range.update();
    REQUIRE(range.is_begun("ipmi", FenceAction::off, 1));
    range.says_off();
    range.answer(Outcome::ok, PowerStatus::off);
    REQUIRE(range.told.size() == 1);
    CHECK(range.told.back().count == 2);
    CHECK_FALSE(range.told.back().is_over);
    range.fencing.on_report(range.now, {hanging, Outcome::failed, PowerStatus::unknown, "", true});
    range.commit();
    range.update();
    REQUIRE(range.begun.back().action == FenceAction::on);
}

TEST_CASE("a machine is switched on again after everybody knows that it was off") {
    Range range;
    range.want(k_a);
    range.update();
    range.says_off();
    range.answer(Outcome::ok, PowerStatus::off);
    CHECK_FALSE(range.told.back().is_over);
    CHECK(range.begun.back().action == FenceAction::status);
    range.commit();
    range.update();
    CHECK(range.is_begun("ipmi", FenceAction::on, 1));
    range.answer(Outcome::ok);
    CHECK(range.told.back().is_over);
    range.commit();
    range.update();
    CHECK(range.fencing.is_idle());
}

TEST_CASE("a device that is to leave it off leaves it off") {
    Range range;
    range.spec.nodes[0].fences[0].switches_on = false;
    range.want(k_a);
    range.update();
    range.says_off();
    range.answer(Outcome::ok, PowerStatus::off);
    CHECK(range.told.back().is_confirmed);
    CHECK(range.told.back().is_over);
    CHECK(range.begun.size() == 2);
}

TEST_CASE("F22: a node that has booted anew is harmless, and no further shot is fired at it") {
    Range range;
    range.want(k_a);
    range.update();
    range.tasks.front().proof = "it has booted anew";
    range.pass(1s);
    CHECK(range.told.empty());  // the shot that is under way may still hit it
    range.answer(Outcome::failed);
    CHECK(range.begun.size() == 1);
    REQUIRE(range.told.size() == 1);
    CHECK(range.told.back().is_confirmed);
    CHECK_FALSE(range.told.back().is_over);  // nobody knows whether the device still does it
    range.commit_after_echo();
}

TEST_CASE("F22: a shot that nobody looks after any more may hit for a while") {
    Range range;
    range.want(k_a);
    range.update();
    range.says_off();
    range.tasks.front().needless = "it is back";
    range.answer(Outcome::ok, PowerStatus::on);
    range.update();
    REQUIRE(range.told.size() == 1);
    CHECK(range.told.back().is_needless);
    CHECK_FALSE(range.told.back().is_over);
    range.commit_after_echo();
}

TEST_CASE("F22: a shot that has failed keeps a later request open as well") {
    Range range;
    range.spec.nodes[0].fences.pop_back();
    range.spec.nodes[0].fences[0].retries = 0;
    range.want(k_a, 1);
    range.update();
    range.answer(Outcome::failed);
    REQUIRE(range.told.size() == 1);
    range.tasks.clear();  // ended by the leader, who took us for lost
    range.pass(1s);
    CHECK_FALSE(range.fencing.is_idle());
    range.want(k_a, 2).needless = "it is back";
    range.update();
    REQUIRE(range.told.size() == 2);
    CHECK_FALSE(range.told.back().is_over);
    range.commit_after_echo();
}

TEST_CASE("F22: what an earlier process began is over when that can be known") {
    Range range;
    range.want(k_a).quiet_from = range.now + 30s;
    range.tasks.front().is_wanted = false;
    range.update();
    REQUIRE(range.told.empty());
    CHECK(range.fencing.next_deadline() == range.now + 30s);
    range.pass(29s);
    CHECK(range.told.empty());
    range.pass(1s);
    REQUIRE(range.told.size() == 1);
    CHECK(range.told.back().is_over);
}

TEST_CASE("a node that is back and has stopped what it held is not shot at any more") {
    Range range;
    range.want(k_a).needless = "it is back";
    range.update();
    CHECK(range.begun.empty());
    REQUIRE(range.told.size() == 1);
    CHECK(range.told.back().is_needless);
    CHECK_FALSE(range.told.back().is_confirmed);
}

TEST_CASE("F34: nothing is begun without a lease; what came too late is tried again under one") {
    Range range;
    range.not_after = Instant{};
    range.want(k_a);
    range.update();
    CHECK(range.begun.empty());
    CHECK(range.fencing.next_deadline() == Instant::max());
    range.not_after = range.now + 500ms;
    range.update();
    REQUIRE(range.begun.size() == 1);
    CHECK(range.begun.back().not_after == range.not_after);
    range.answer(Outcome::not_begun);
    range.not_after = range.now + 60s;
    range.pass(k_fence_retry_pause);
    CHECK(range.is_begun("ipmi", FenceAction::off, 1));
    CHECK(range.events.empty());
}

TEST_CASE("two nodes are fenced side by side: one device that hangs delays the other not at all") {
    Range range;
    range.want(k_a);
    range.want(k_b);
    range.update();
    REQUIRE(range.begun.size() == 2);
    CHECK(range.begun.front().node == k_a);
    CHECK(range.begun.back().node == k_b);
    range.says_off();
    range.answer(Outcome::ok, PowerStatus::off);
    REQUIRE(range.told.size() == 1);
    CHECK(range.told.back().node == k_b);
}

TEST_CASE("a runtime that never answers is given up, and the next device asked") {
    Range range;
    range.want(k_a);
    range.update();
    CHECK(range.fencing.next_deadline() == range.begun.back().deadline + k_report_grace);
    range.pass(10s + k_report_grace);
    CHECK(range.is_begun("pdu", FenceAction::off, 1));
}

TEST_CASE("a request that the state forgot is not begun, and what is under way ends in silence") {
    Range range;
    range.want(k_a);
    range.update();
    range.tasks.clear();
    range.update();
    CHECK_FALSE(range.fencing.is_idle());
    range.answer(Outcome::ok);
    range.update();
    CHECK(range.begun.size() == 1);
    CHECK(range.told.empty());
    CHECK_FALSE(range.fencing.is_idle());  // nobody has looked whether that shot is over
    range.pass(k_fence_echo);
    CHECK(range.told.empty());
    CHECK(range.fencing.is_idle());
}

TEST_CASE("a task of an earlier process, decided by now, is only ended") {
    Range range;
    range.want(k_a).is_wanted = false;
    range.update();
    CHECK(range.begun.empty());
    REQUIRE(range.told.size() == 1);
    CHECK(range.told.back().is_over);
    CHECK_FALSE(range.told.back().is_confirmed);
}

TEST_CASE("F22: the second of two waits before it shoots") {
    Range range;
    range.want(k_a).not_before = range.now + 2s;
    range.update();
    CHECK(range.begun.empty());
    CHECK(range.fencing.next_deadline() == range.now + 2s);
    range.pass(2s);
    CHECK(range.begun.size() == 1);
}

TEST_CASE("a node without a device fails at once, and says so") {
    Range range;
    range.spec.nodes[0].fences.clear();
    range.want(k_a);
    range.update();
    REQUIRE(range.told.size() == 1);
    CHECK(range.told.back().reason == "it has no fence device");
}
