// bench-scale [NODES GROUPS]...: what one engine costs in clusters of many nodes and groups, at the
// shipped times: processor time while nothing happens, what it sends, the size of the agreed state,
// and what it takes to place everything when half of the nodes lose power at once.
//
// Times of the cluster are virtual (a packet 0.1 ms, a write 1 ms, a start 10 ms), processor times
// are real.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "engines.hpp"
#include "model/codec.hpp"
#include "placement/plan.hpp"

using namespace ha;

namespace {

constexpr Duration k_calm = 10s;

double ms(std::clock_t ticks) { return static_cast<double>(ticks) * 1e3 / CLOCKS_PER_SEC; }

std::size_t leader_of(const bench::Engines& engines) {
    for (std::size_t n = 0; n < engines.nodes.size(); n++)
        if (const auto& engine = engines.nodes[n].engine;
            engine && engine->brief(engines.queue.now()).role == consensus::Role::leader)
            return n;
    return engines.nodes.size();
}

/// Every group runs somewhere, by the words of the nodes that are there.
bool is_placed(const bench::Engines& engines, std::size_t groups) {
    std::size_t online = 0;
    for (const auto& node : engines.nodes) {
        if (!node.engine) continue;
        const auto status = node.engine->status(engines.queue.now());
        const auto own = status.services.find(status.self);
        if (own == status.services.end()) continue;
        for (const auto& group : own->second.groups)
            online += group.state == lifecycle::GroupState::online;
    }
    return online >= groups;
}

/// Virtual time until it is; less than zero: not within a minute.
double until_placed(bench::Engines& engines, std::size_t groups) {
    const auto begun = engines.queue.now();
    while (engines.queue.now() - begun < Duration{60s}) {
        engines.run(250ms);
        if (is_placed(engines, groups))
            return static_cast<double>((engines.queue.now() - begun).count()) / 1e9;
    }
    return -1;
}

/// Median of what the planner alone takes for this state.
double planner_ms(const engine::Engine& engine, Instant now) {
    const auto status = engine.status(now);
    std::vector<double> all;
    for (int i = 0; i < 9; i++) {
        const auto begun = std::chrono::steady_clock::now();
        static_cast<void>(placement::plan_commands(engine.state(), status.view));
        const std::chrono::duration<double, std::milli> took =
            std::chrono::steady_clock::now() - begun;
        all.push_back(took.count());
    }
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
}

void measure(bench::Size size) {
    bench::Engines engines(size);
    engines.start_all();
    const auto start = until_placed(engines, size.groups);
    engines.run(5s);
    const auto leader = leader_of(engines);
    if (start < 0 || leader == engines.nodes.size()) {
        std::printf("%5u %6u  not placed within a minute\n", size.nodes, size.groups);
        return;
    }
    engines.reset_counts();
    engines.run(k_calm);
    const double seconds = static_cast<double>(k_calm.count()) / 1e9;
    const auto other = leader == 0 ? 1 : 0;
    const double leads = ms(engines.nodes[leader].spent) / seconds;
    const double follows = ms(engines.nodes[static_cast<std::size_t>(other)].spent) / seconds;
    const auto document =
        model::encode(engines.nodes[leader].engine->state()).size();
    engines.reset_counts();
    std::size_t lost = 0;
    for (std::size_t n = engines.nodes.size(); n-- > 0 && lost < (engines.nodes.size() - 1) / 2;)
        if (n != leader) engines.switch_off(n), lost++;
    const auto again = until_placed(engines, size.groups);
    const auto now_leads = leader_of(engines);
    const auto& at = engines.nodes[now_leads == engines.nodes.size() ? leader : now_leads];
    std::printf("%5u %6u %9.2f %9.2f %9.1f %8.2f %8.2f %8.1f %8.2f\n", size.nodes, size.groups,
                leads, follows, static_cast<double>(document) / 1024, start, again,
                ms(at.longest), planner_ms(*at.engine, engines.queue.now()));
    std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
    if (count % 2 == 0 || (count > 1 && arguments[1][0] == '-')) {
        std::puts("usage: bench-scale [NODES GROUPS]...; without them, a table of its own");
        return 2;
    }
    std::vector<bench::Size> sizes;
    for (int i = 1; i + 1 < count; i += 2)
        sizes.push_back({static_cast<std::uint16_t>(std::atoi(arguments[i])),
                         static_cast<std::uint32_t>(std::atoi(arguments[i + 1]))});
    if (sizes.empty())
        sizes = {{4, 100},  {8, 100},   {16, 100},  {32, 100},  {64, 100},
                 {16, 10},  {16, 1000}, {64, 10},   {64, 1000}};
    std::puts("              ms of an engine a s      state  placed after s  longest  planner");
    std::puts("nodes groups    leader     other       KiB    start     loss  step ms       ms");
    for (const auto& size : sizes) measure(size);
    return 0;
}
