// A cluster behind the public interface that remembers what it was asked.
#pragma once

#include <mutex>
#include <stdexcept>

#include "admin/backend.hpp"

namespace ha::admin {

class FakeBackend final : public Backend {
   public:
    Status status() const override {
        std::lock_guard guard(mutex);
        if (before_status) before_status(status_now);
        return status_now;
    }
    std::vector<Notice> notices(std::uint64_t after, std::size_t count_max) const override {
        std::lock_guard guard(mutex);
        std::vector<Notice> out;
        for (const auto& one : log)
            if (one.number > after && out.size() < count_max) out.push_back(one);
        return out;
    }
    void group_start(const std::string& group, const std::string& node, OnDone done) override {
        take("start " + group + " " + node, group, std::move(done));
    }
    void group_stop(const std::string& group, OnDone done) override {
        take("stop " + group, group, std::move(done));
    }
    void group_move(const std::string& group, const std::string& node,
                    std::chrono::nanoseconds deadline, bool ban, OnDone done) override {
        take("move " + group + " " + node + shown(deadline) + (ban ? " ban" : ""), group,
             std::move(done));
    }
    void group_failover(const std::string& group, const std::string& node,
                        OnDone done) override {
        take("failover " + group + " " + node, group, std::move(done));
    }
    void group_freeze(const std::string& group, bool on, OnDone done) override {
        take((on ? "freeze " : "thaw ") + group, group, std::move(done));
    }
    void resource_start(const std::string& resource, OnDone done) override {
        take("resource start " + resource, resource, std::move(done));
    }
    void resource_stop(const std::string& resource, OnDone done) override {
        take("resource stop " + resource, resource, std::move(done));
    }
    void group_restart(const std::string& group, OnDone done) override {
        take("restart " + group, group, std::move(done));
    }
    void group_clear(const std::string& group, const std::string& node, OnDone done) override {
        take("clear " + group + " " + node, group, std::move(done));
    }
    void resource_restart(const std::string& resource, OnDone done) override {
        take("resource restart " + resource, resource, std::move(done));
    }
    void node_mode(const std::string& node, const std::string& mode, const std::string& reason,
                   OnDone done) override {
        take("mode " + node + " " + mode + (reason.empty() ? "" : " " + reason), node,
             std::move(done));
    }
    void node_fence(const std::string& node, OnDone done) override {
        take("fence " + node, node, std::move(done));
    }
    void node_confirm_off(const std::string& node, std::uint64_t start, OnDone done) override {
        take("confirm off " + node + " " + std::to_string(start), node, std::move(done));
    }
    void monitor_pause(const std::string& monitor, bool paused, std::chrono::nanoseconds left,
                       OnDone done) override {
        take((paused ? "pause " : "resume ") + monitor + shown(left), monitor, std::move(done));
    }
    void monitor_inject(const std::string& monitor, bool on, std::chrono::nanoseconds left,
                        OnDone done) override {
        take("inject " + monitor + (on ? " on" : " off") + shown(left), monitor, std::move(done));
    }
    void timeout_ratio(std::uint32_t ratio, std::chrono::nanoseconds left,
                       OnDone done) override {
        take("ratio " + std::to_string(ratio) + shown(left), "", std::move(done));
    }
    void reboots_reset(const std::string& node, OnDone done) override {
        take("reboots reset " + node, node, std::move(done));
    }
    void config_apply(const std::string& text, const std::string& name, const ApplyOptions& how,
                      OnDone done) override {
        auto what = "apply " + name + " " + text;
        if (how.confirm_within.count() > 0)
            what += " within " + std::to_string(how.confirm_within.count() / 1'000'000'000);
        if (how.may_stop_groups) what += " stopping";
        take(what, name, std::move(done));
    }
    void config_confirm(OnDone done) override { take("confirm", "", std::move(done)); }
    void config_revert(OnDone done) override { take("revert", "", std::move(done)); }
    void service_order(const std::string& node, ServiceOrder order, bool may_lose_quorum,
                       OnDone done) override {
        take(std::string(to_string(order)) + " " + node + (may_lose_quorum ? " meant" : ""), node,
             std::move(done));
    }
    void cluster_suspend(bool on, OnDone done) override {
        {
            std::lock_guard guard(mutex);
            status_now.is_suspended = on;
        }
        take(on ? "suspend" : "resume", "", std::move(done));
    }
    void cluster_init(OnDone done) override { take("init", "", std::move(done)); }
    void cluster_go_alone(const std::string& without, OnDone done) override {
        take("go alone without " + without, without, std::move(done));
    }
    void cluster_recover(const std::vector<std::string>& off, OnDone done) override {
        std::string text = "recover";
        for (const auto& node : off) text += " " + node;
        take(text, "", std::move(done));
    }
    void witness_renew(OnDone done) override { take("renew witness", "", std::move(done)); }

    std::string config_text() const override { return "{\"cluster\": \"demo\"}\n"; }
    ConfigReport config_check(const std::string& text, const std::string&) const override {
        ConfigReport report;
        if (text.find("wrong") != text.npos)
            report.errors.push_back({3, 7, "groups.web", "this is wrong"});
        report.timing = {"a 1ms <= b 2ms"};
        return report;
    }
    std::vector<GroupSafety> config_safety() const override {
        GroupSafety safety{"web", true, "no_guard", "yes, while a daemon is stopped",
                           "had is stopped", {}, {"two owners are possible"}};
        Outage lost{"node_lost", std::chrono::milliseconds(1530), {}, "", {}};
        lost.parts = {{"detection", std::chrono::milliseconds(500), false, "heartbeat_timeout"},
                      {"start", std::chrono::milliseconds(1000), false, "start_timeout"},
                      {"commits", std::chrono::milliseconds(30), true, "3 x 10ms"}};
        lost.measured = OutageMeasured{{5, 1'700'000'000'000'000}, std::chrono::milliseconds(630),
                                       {{"suspected", std::chrono::milliseconds(500)},
                                        {"online", std::chrono::milliseconds(130)}}};
        safety.outages = {lost, {"moved", {}, {}, "a second node", {}}};
        return {safety};
    }
    Explanation explain(const std::string& group) const override {
        if (group != "web") throw Error(ErrorCode::not_found, "the configuration has no group '" +
                                                                  group + "'");
        return web;
    }
    Rehearsal rehearse(const Operation& operation) const override {
        std::lock_guard guard(mutex);
        rehearsed.push_back(operation.verb + " " + operation.object + " " + operation.node);
        return {"group web is to move to node b",
                {"stop group web where it is", "give group web to node b"},
                {{"web", "a", "b", "wished", "it was asked for there", false, {}, {}}}};
    }
    std::vector<Explanation> simulate(const std::vector<Supposed>& events) const override {
        std::vector<Explanation> out;
        for (const auto& one : events)
            out.push_back({"web", one.what == "kill" ? one.name : "a", "b", "first_in_policy",
                           one.what == "kill" ? "the first node that may run it"
                                              : one.what + " " + one.name + " " + one.node,
                           false, {}, {}});
        return out;
    }

    mutable std::mutex mutex;
    mutable Status status_now;
    std::function<void(Status&)> before_status;  ///< what has changed when it is asked for
    Explanation web{"web", "a", "a", "runs", "it runs there", false,
                    {{"b", "less_preferred", "is less preferred"}}};
    std::vector<Notice> log;
    std::vector<std::string> asked;
    mutable std::vector<std::string> rehearsed;
    std::vector<OnDone> unanswered;

   private:
    /// " 5000 ms"; nothing for none.
    static std::string shown(std::chrono::nanoseconds time) {
        if (time.count() == 0) return "";
        return " " + std::to_string(time / std::chrono::milliseconds(1)) + " ms";
    }
    void take(const std::string& what, const std::string& name, OnDone done) {
        std::unique_lock guard(mutex);
        asked.push_back(what);
        if (name == "absent") throw Error(ErrorCode::not_found, "there is no 'absent'");
        if (name == "broken") throw std::runtime_error("a bug");
        if (name == "slow") {
            unanswered.push_back(std::move(done));
            return;
        }
        guard.unlock();
        if (name == "no")
            done({false, ErrorCode::refused, "not now"});
        else
            done({true, ErrorCode::invalid, "done: " + what});
    }
};

/// A takeover as the leader saw it.
inline Decision sample_decision() {
    constexpr std::int64_t k_wall = 1'700'000'000'000'000;
    const auto at = [](std::int64_t us) { return Moment{5'000'000'000 + us * 1000, k_wall + us}; };
    Decision d;
    d.number = 2;
    d.kind = "takeover";
    d.outcome = "done";
    d.from = "c";
    d.to = "a";
    d.trigger = "node_down";
    d.trigger_node = "c";
    d.trigger_text = "silent on every interconnect";
    d.rule = "owner_down";
    d.reason = "node c is down; node a is the first of the policy that can take it";
    d.rejected = {{"c", "down", "is down"}, {"b", "less_preferred", "comes later in the policy"}};
    d.leader = "b";
    d.term = 4;
    d.index = 17;
    d.evidence = DecisionEvidence{"c", d.trigger_text, true, {}, {"a"}, {}};
    d.evidence->paths = {{"lan0", at(0), std::chrono::milliseconds(301)}, {"lan1", {}, {}}};
    d.leases = {{"c", at(305'000)}};
    d.phases = {{"last_heard", "here", at(0)},      {"suspected", "here", at(300'000)},
                {"decided", "here", at(301'000)},   {"down", "here", at(302'500)},
                {"given", "here", at(302'500)},     {"clear", "here", at(305'000)},
                {"start_begun", "not_seen", {}},    {"online", "told", at(312'250)}};
    d.replay = "same";
    d.inputs = "00112233aabbccdd";
    return d;
}

inline Status sample_status() {
    Status s;
    s.cluster = "demo";
    s.cluster_id = "00112233445566778899aabbccddeeff";
    s.node = "a";
    s.leader = "a";
    s.quorum_policy = "majority";
    s.start = 3;
    s.spec_revision = 2;
    s.is_quorate = s.is_lease_held = true;
    s.lease_remaining = std::chrono::milliseconds(420);
    s.guard.is_wanted = s.guard.is_running = true;
    s.guard.guarantee = "never two owners, also while this node's daemon is stopped or dead";
    s.guard.pid = 4711;
    s.guard.held = 2;
    s.guard.sever_bound = std::chrono::milliseconds(5);
    s.guard.sever_took_max = std::chrono::microseconds(210);
    s.guard.wake_late_max = std::chrono::microseconds(62);
    NodeStatus a{.name = "a", .id = 1, .status = "up", .is_self = true, .is_leader = true,
                 .is_voter = true, .is_heard = true};
    NodeStatus b{.name = "b", .id = 2, .status = "up", .is_voter = true, .is_heard = true};
    b.interconnects = {{"lan0", true, std::chrono::milliseconds(40),
        std::chrono::microseconds(310)},
                       {"lan1", false, std::chrono::milliseconds(2400), {}}};
    NodeStatus c{.name = "c", .id = 3, .status = "down", .reason = "silent for 500 ms",
                 .is_voter = true};
    s.nodes = {a, b, c};
    GroupStatus web{.name = "web", .goal = "online", .owner = "a", .state = "online"};
    web.resources = {{"vip", "fip", "online", ""}, {"nginx", "exec", "online", ""}};
    web.policy = {"a", "b"};
    GroupStatus mail{.name = "mail", .goal = "online", .owner = "b", .state = "failed"};
    mail.text = "postfix could not be stopped";
    mail.banned = {"c"};
    mail.resources = {{"postfix", "exec", "failed", "exit code 1"}};
    s.groups = {web, mail};
    s.monitors = {{"web-process", "a", "ok", "", 0, 0}, {"router", "b", "bad", "no answer", 2, 1}};
    return s;
}

}  // namespace ha::admin
