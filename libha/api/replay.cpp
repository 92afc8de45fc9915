// Replay: a recording, with names in place of numbers.
#include "ha/replay.hpp"

#include "api/cluster_impl.hpp"
#include "runtime/player.hpp"

namespace ha {

namespace {

class ReplayTeller {
   public:
    ReplayTeller(runtime::Player& player, const ReplayOptions& options,
                 const ReplayListener& listener)
        : player_(player), options_(options), listener_(listener) {}

    ReplayReport run();

   private:
    Moment moment(Instant at) const { return {at.ns, player_.reader().wall_us(at)}; }
    bool is_over(Instant at) const;
    void tell(const engine::ReplayedStep& step);
    ReplayLine line_of(const engine::ReplayedStep& step) const;
    std::optional<Explanation> explanation() const;

    runtime::Player& player_;
    const ReplayOptions& options_;
    const ReplayListener& listener_;
    std::optional<ReplayLine> told_;
};

bool ReplayTeller::is_over(Instant at) const {
    return (options_.until_step != 0 && player_.replay().steps() >= options_.until_step) ||
           (options_.until_wall_us != 0 && moment(at).wall_us > options_.until_wall_us);
}

ReplayLine ReplayTeller::line_of(const engine::ReplayedStep& step) const {
    const auto& engine = player_.replay().engine();
    const auto at = player_.replay().now();
    const auto brief = engine.brief(at);
    ReplayLine out;
    out.step = step.number;
    out.at = moment(at);
    out.input = name_of(step.record.input);
    out.role = consensus::to_string(brief.role);
    out.term = brief.term.value;
    out.applied = brief.applied.value;
    out.is_lease_held = brief.is_lease_held;
    out.is_admitted = brief.is_admitted;
    if (told_) {
        out.leader = told_->leader;
        out.groups = told_->groups;
    }
    // What costs more to ask can only change with something that is told of.
    if (told_ && step.actions.events.empty() && out.term == told_->term) return out;
    const auto status = engine.status(at);
    out.leader = status.leader ? model::name_of(status.state.spec, status.leader) : "";
    out.groups.clear();
    const auto own = status.services.find(status.self);
    if (own == status.services.end()) return out;
    for (const auto& group : own->second.groups)
        out.groups.emplace_back(model::name_of(status.state.spec, group.group),
                                lifecycle::to_string(group.state));
    return out;
}

void ReplayTeller::tell(const engine::ReplayedStep& step) {
    if (listener_.notice)
        for (const auto& event : step.actions.events) {
            auto notice = to_notice(event);
            notice.wall_us = player_.reader().wall_us(event.at);
            listener_.notice(notice);
        }
    if (!listener_.line) return;
    auto line = line_of(step);
    const auto state = [](const ReplayLine& l) {
        return std::tie(l.role, l.leader, l.term, l.applied, l.is_lease_held, l.is_admitted,
                        l.groups);
    };
    const bool is_news = !told_ || state(*told_) != state(line);
    told_ = std::move(line);
    if (is_news) listener_.line(*told_);
}

std::optional<Explanation> ReplayTeller::explanation() const {
    if (options_.group.empty()) return {};
    const auto& engine = player_.replay().engine();
    const auto status = engine.status(player_.replay().now());
    const auto* group = model::find_group(status.state.spec, options_.group);
    if (group == nullptr)
        throw Error(ErrorCode::not_found,
                    "the configuration at that step has no group '" + options_.group + "'");
    const auto offset = Duration{player_.reader().wall_us(Instant{}) * 1000};
    return explanation_of(status, engine.journal(), group->id, offset);
}

ReplayReport ReplayTeller::run() {
    ReplayReport out;
    const auto& header = player_.header();
    out.version = header.version;
    out.version_here = runtime::build_version();
    out.is_layout_same = player_.is_layout_same();
    out.cluster = header.cluster;
    out.node = header.node;
    out.start = header.start.value;
    out.segment = header.segment;
    out.begins_at_start = player_.begins_at_start();
    out.first_step = player_.replay().steps() + 1;
    out.begin = moment(player_.replay().now());
    bool is_asked_to_stop = false;
    while (const auto at = player_.next_at()) {
        is_asked_to_stop = is_over(*at);
        if (is_asked_to_stop) break;
        const auto step = player_.step();
        if (!step) break;
        tell(*step);
        if (step->is_same) continue;
        out.difference = {step->number, moment(step->record.at),
                          std::string(name_of(step->record.input)), step->recorded,
                          step->replayed};
        break;
    }
    out.last_step = player_.replay().steps();
    out.end = moment(player_.replay().now());
    out.stopped = player_.stopped();
    out.is_complete = !is_asked_to_stop && !out.difference && out.stopped.empty();
    if (out.is_complete) {
        out.is_cut_off = player_.reader().is_cut_off();
        out.last_words = player_.reader().end();
    }
    out.explanation = explanation();
    return out;
}

}  // namespace

ReplayReport replay(const ReplayOptions& options, const ReplayListener& listener) {
    const auto player = runtime::Player::open(options.file);
    if (!player) throw_failure(player.error());
    return ReplayTeller(**player, options, listener).run();
}

}  // namespace ha
