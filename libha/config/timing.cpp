// Timing: reading it, and the inequalities that must hold.
#include "config/timing.hpp"

#include "config/loading.hpp"
#include "ha/plugin/values.hpp"

namespace ha::config {

namespace {

std::string show(Duration duration) { return plugin::format_duration(duration); }

TimingRule at_most(const char* field, const char* left_name, Duration left, int times,
                   const char* right_name, Duration right) {
    TimingRule rule;
    rule.field = field;
    rule.holds = left * times <= right;
    rule.text = std::string(left_name) + " " + show(left);
    if (times > 1) rule.text += " x " + std::to_string(times) + " = " + show(left * times);
    rule.text += (rule.holds ? " <= " : " > ") + std::string(right_name) + " " + show(right);
    return rule;
}

}  // namespace

std::vector<TimingRule> timing_rules(const model::Timing& t) {
    return {
        at_most("heartbeat_interval", "heartbeat_interval", t.heartbeat_interval, 3,
                "heartbeat_timeout", t.heartbeat_timeout),
        at_most("lease", "lease", t.lease, 1, "heartbeat_timeout", t.heartbeat_timeout),
        at_most("sever_bound", "sever_bound", t.sever_bound, 4, "lease", t.lease),
    };
}

TimingRule witness_rule(const model::ClusterSpec& spec) {
    const auto& t = spec.timing;
    const auto needed = t.heartbeat_interval + 2 * spec.witness.round_trip;
    TimingRule rule;
    rule.field = "round_trip";
    rule.holds = needed <= t.lease / 2;
    rule.text = "heartbeat_interval " + show(t.heartbeat_interval) + " + 2 x round_trip " +
                show(spec.witness.round_trip) + " = " + show(needed) +
                (rule.holds ? " <= " : " > ") + "lease " + show(t.lease) + " / 2";
    return rule;
}

std::vector<TimingRule> timing_rules(const model::ClusterSpec& spec) {
    auto rules = timing_rules(spec.timing);
    if (model::has_witness(spec)) rules.push_back(witness_rule(spec));
    return rules;
}

std::string takeover_text(const model::Timing& t) {
    // The lease as a slow clock may measure it: both drift, in opposite directions.
    const Duration lease = t.lease + t.lease / 1'000'000 * (2 * std::int64_t{t.drift_ppm});
    const auto longest = std::max(t.heartbeat_timeout, lease);
    const auto in_us = std::chrono::duration_cast<std::chrono::microseconds>(longest);
    return "groups of a node that dies begin to start elsewhere after max(heartbeat_timeout " +
           show(t.heartbeat_timeout) + ", lease " + show(t.lease) + " x (1 + 2 x " +
           std::to_string(t.drift_ppm) + " ppm)) = " + show(in_us) + " and one commit";
}

void load_timing(Loading& loading) {
    static const Value k_nothing{Value::Kind::object, {}, {}, {}, {}};
    const auto* given = loading.document.object("timing");
    const auto before = loading.problems.errors().size();
    const Reader reader(given != nullptr ? *given : k_nothing, k_timing_section, "timing",
                        loading.problems);
    auto& t = loading.spec.timing;
    t.heartbeat_interval = reader.duration("heartbeat_interval");
    t.heartbeat_timeout = reader.duration("heartbeat_timeout");
    t.lease = reader.duration("lease", t.heartbeat_timeout);
    t.sever_bound = reader.duration("sever_bound");
    t.engine_stall = reader.duration("engine_stall", t.heartbeat_timeout);
    t.startup_wait = reader.duration("startup_wait");
    t.leave_timeout = reader.duration("leave_timeout");
    t.probe_interval = reader.duration("probe_interval");
    t.drift_ppm = reader.integer("drift_ppm");
    t.delay_warning_percent = reader.integer("delay_warning_percent");
    if (loading.problems.errors().size() != before) return;
    for (const auto& rule : timing_rules(t))
        if (!rule.holds)
            reader.error(rule.field, rule.text + "; it must not be more: make " + rule.field +
                                         " shorter or the other longer");
}

}  // namespace ha::config
