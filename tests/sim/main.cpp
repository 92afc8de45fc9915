// sim: runs seeds of the simulated cluster and prints what they found.
//
//   sim --seed 7 [--trace|--verbose]        one seed, as one line per transition
//   sim --from 1 --count 100 [--jobs 2]     many seeds
//   sim --fresh 60                          new seeds for 60 seconds of this process' CPU time
//   sim --coverage --count 200              which kinds of events those seeds reached
//   sim --bug NAME --from 1 --count 500     (builds with seeded bugs) how many seeds it takes
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <iostream>

#include "model/state.hpp"
#include "options.hpp"

namespace po = boost::program_options;
using namespace ha;

namespace {

constexpr std::pair<const char*, SeededBug> k_bugs[] = {
    {"skip_persisting_vote", SeededBug::skip_persisting_vote},
    {"ignore_lease", SeededBug::ignore_lease},
    {"forget_epoch_check", SeededBug::forget_epoch_check},
    {"answer_lease_after_down", SeededBug::answer_lease_after_down},
    {"lease_before_catch_up", SeededBug::lease_before_catch_up},
    {"digest_as_release", SeededBug::digest_as_release},
    {"older_record_keeps_vote", SeededBug::older_record_keeps_vote},
    {"monitor_acts_while_stopping", SeededBug::monitor_acts_while_stopping},
    {"reboot_count_after_reboot", SeededBug::reboot_count_after_reboot},
    {"adopt_what_was_severed", SeededBug::adopt_what_was_severed},
    {"sever_late", SeededBug::sever_late},
    {"two_node_cold_start_alone", SeededBug::two_node_cold_start_alone},
    {"view_without_lease_wait", SeededBug::view_without_lease_wait},
    {"both_histories_kept", SeededBug::both_histories_kept},
    {"fence_success_without_verification", SeededBug::fence_success_without_verification},
    {"admit_during_shot", SeededBug::admit_during_shot},
    {"reset_without_watchdog_time", SeededBug::reset_without_watchdog_time},
    {"both_shoot_at_once", SeededBug::both_shoot_at_once},
    {"order_of_shots_as_applied", SeededBug::order_of_shots_as_applied},
    {"snapshot_renews_voters", SeededBug::snapshot_renews_voters},
    {"witness_sent_before_own_disk", SeededBug::witness_sent_before_own_disk},
    {"witness_votes_below_last", SeededBug::witness_votes_below_last},
    {"witness_answers_lease_after_down", SeededBug::witness_answers_lease_after_down},
    {"change_under_running", SeededBug::change_under_running},
    {"vote_for_older_log", SeededBug::vote_for_older_log},
    {"vote_twice_in_a_term", SeededBug::vote_twice_in_a_term},
    {"append_anywhere", SeededBug::append_anywhere},
    {"acknowledge_before_durable", SeededBug::acknowledge_before_durable},
    {"lease_from_newest_heartbeat", SeededBug::lease_from_newest_heartbeat},
    {"lease_over_at_first_promise", SeededBug::lease_over_at_first_promise},
    {"answers_forgotten_at_restart", SeededBug::answers_forgotten_at_restart},
    {"promise_before_durable", SeededBug::promise_before_durable},
    {"same_boot_taken_for_another", SeededBug::same_boot_taken_for_another},
    {"exclusion_forgotten", SeededBug::exclusion_forgotten},
    {"capacity_forgotten", SeededBug::capacity_forgotten},
    {"raise_without_all", SeededBug::raise_without_all},
    {"recover_keeps_terms", SeededBug::recover_keeps_terms},
    {"recover_keeps_store_id", SeededBug::recover_keeps_store_id},
    {"recovered_history_followed", SeededBug::recovered_history_followed},
    {"shared_swap_lost_is_won", SeededBug::shared_swap_lost_is_won},
    {"shared_block_over_at_once", SeededBug::shared_block_over_at_once},
    {"hand_started_kept", SeededBug::hand_started_kept},
};

struct Totals {
    std::uint64_t seeds = 0, steps = 0, takeovers = 0, starts = 0, alone = 0, forks = 0,
                  recoveries = 0;
    std::map<EventKind, std::uint64_t> events;
};

/// Told by hands that the simulated world does not have; all other kinds must be reached.
/// So are entries that cannot be read, and states that differ: tests/unit/engine/document.cpp.
constexpr EventKind k_not_simulated[] = {
    EventKind::plugin_failed,   EventKind::plugin_note,    EventKind::runtime_note,
    EventKind::callback_slow,   EventKind::command_ignored, EventKind::state_diverged,
    EventKind::state_restored,  EventKind::recording_ended, EventKind::guard_running,
    EventKind::guard_missing,   EventKind::guard_severed,  EventKind::watchdog_unwell,
    EventKind::watchdog_well,
};

/// Runs one seed; every 50th twice, because equal inputs must give equal outputs (invariant 8).
bool run_seed(sim::Options options, Totals& totals) {
    const auto verdict = sim::run(options);
    totals.seeds++;
    totals.steps += verdict.steps;
    totals.takeovers += verdict.takeovers;
    totals.starts += verdict.starts;
    for (const auto& [kind, count] : verdict.events) totals.events[kind] += count;
    totals.alone += verdict.alone;
    totals.forks += verdict.forks;
    totals.recoveries += verdict.recoveries;
    std::string violation = verdict.violation;
    if (violation.empty() && options.seed % 50 == 0 &&
        sim::run(options).fingerprint != verdict.fingerprint)
        violation = "invariant 8: the same seed gave other outputs the second time";
    if (violation.empty()) return true;
    std::string world = options.has_etcd ? " --etcd" : options.has_witness ? " --witness" : "";
    if (options.loses_majority) world += " --recover";
    if (options.two_node)
        world += std::string(" --two-node ") + model::to_string(*options.two_node);
    if (!options.often.empty()) world += " --often " + options.often;
    std::printf("seed %llu: %s\n  replay: sim --seed %llu%s --trace\n",
                static_cast<unsigned long long>(options.seed), violation.c_str(),
                static_cast<unsigned long long>(options.seed), world.c_str());
    std::fflush(stdout);
    return false;
}

void print_totals(const Totals& totals, std::uint64_t failed) {
    std::printf("%llu seeds, %llu steps, %llu group starts, %llu failovers, %llu lone runs, "
                "%llu histories given up, %llu recoveries, %llu violations\n",
                static_cast<unsigned long long>(totals.seeds),
                static_cast<unsigned long long>(totals.steps),
                static_cast<unsigned long long>(totals.starts),
                static_cast<unsigned long long>(totals.takeovers),
                static_cast<unsigned long long>(totals.alone),
                static_cast<unsigned long long>(totals.forks),
                static_cast<unsigned long long>(totals.recoveries),
                static_cast<unsigned long long>(failed));
    std::fflush(stdout);
}

/// Told only in worlds of two nodes, or only in worlds with a witness.
constexpr EventKind k_of_two_nodes[] = {
    EventKind::gone_alone, EventKind::registry_forked, EventKind::dual_activation,
    EventKind::tie_breaker_answered, EventKind::alone_waits,
    EventKind::fence_device_unwell, EventKind::fence_device_well};
constexpr EventKind k_of_recovery[] = {EventKind::fork_risk_over};
constexpr EventKind k_of_witness[] = {EventKind::witness_heard, EventKind::witness_silent,
                                      EventKind::witness_problem};

template <std::size_t N>
bool is_among(const EventKind (&kinds)[N], EventKind kind) {
    return std::find(std::begin(kinds), std::end(kinds), kind) != std::end(kinds);
}

/// True when every kind of event that the core can tell in such worlds was told at least once.
bool print_coverage(const sim::Options& options, const Totals& totals) {
    bool is_whole = true;
    for (const auto kind : all_event_kinds()) {
        const auto found = totals.events.find(kind);
        const auto count = found == totals.events.end() ? 0 : found->second;
        const bool is_excused = is_among(k_not_simulated, kind) ||
                                (!options.two_node && is_among(k_of_two_nodes, kind)) ||
                                (!options.loses_majority && is_among(k_of_recovery, kind)) ||
                                (!options.has_witness && is_among(k_of_witness, kind));
        if (count == 0 && !is_excused) is_whole = false;
        std::printf("  %-22s %10llu%s\n", std::string(name_of(kind)).c_str(),
                    static_cast<unsigned long long>(count),
                    count != 0 ? "" : is_excused ? "  not simulated" : "  NEVER REACHED");
    }
    return is_whole;
}

/// CPU seconds of this process.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Arguments {
    sim::Options options;
    std::uint64_t from = 1, count = 0;
    double fresh = 0, seconds = 40;
    unsigned jobs = 1;
    bool stops_at_first = false;
    bool is_coverage_wanted = false;
};

int run_many(const Arguments& arguments, unsigned job) {
    Totals totals;
    std::uint64_t failed = 0;
    auto options = arguments.options;
    for (std::uint64_t n = job;; n += arguments.jobs) {
        if (arguments.fresh > 0 ? cpu_seconds() >= arguments.fresh : n >= arguments.count) break;
        options.seed = arguments.from + n;
        if (run_seed(options, totals)) continue;
        failed++;
        if (arguments.stops_at_first) break;
    }
    print_totals(totals, failed);
    if (arguments.is_coverage_wanted && !print_coverage(options, totals)) return 1;
    return failed == 0 ? 0 : 1;
}

int run_jobs(const Arguments& arguments) {
    if (arguments.jobs <= 1) return run_many(arguments, 0);
    std::vector<pid_t> children;
    for (unsigned job = 0; job < arguments.jobs; job++) {
        const auto pid = fork();
        if (pid == 0) _exit(run_many(arguments, job));
        children.push_back(pid);
    }
    int worst = 0;
    for (auto pid : children) {
        int status = 0;
        waitpid(pid, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) worst = 1;
    }
    return worst;
}

}  // namespace

namespace {

/// False, and said why: there is no such world.
bool choose_tie_breaker(const std::string& name, sim::Options& options) {
    for (const auto one : {model::TieBreaker::none, model::TieBreaker::fencing,
                           model::TieBreaker::ping, model::TieBreaker::http})
        if (name == model::to_string(one)) options.two_node = one;
    if (options.two_node && !options.has_witness) return true;
    std::cerr << "sim: --two-node " << name
              << ": the tie breakers are none, fencing, ping and http, and with a witness there is "
                 "none\n";
    return false;
}

bool is_fault(const std::string& name) {
    const auto names = sim::fault_names();
    if (name.empty() || std::ranges::find(names, name) != names.end()) return true;
    std::cerr << "sim: --often " << name << ": the faults are";
    for (const auto* known : names) std::cerr << " " << known;
    std::cerr << "\n";
    return false;
}

bool has_such_a_majority(const sim::Options& options) {
    if (!options.loses_majority || (!options.two_node && !options.has_witness)) return true;
    std::cerr << "sim: --recover is for clusters with a majority, and without a witness\n";
    return false;
}

#ifdef HA_SEEDED_BUGS
bool switch_on(const std::string& bug, Arguments& arguments) {
    for (const auto& [name, value] : k_bugs)
        if (bug == name) seeded_bug_on = value;
    arguments.stops_at_first = true;
    if (seeded_bug_on != SeededBug::none) return true;
    std::cerr << "sim: no seeded bug " << bug << "\n";
    return false;
}
#else
bool switch_on(const std::string&, Arguments&) {
    (void)k_bugs;
    std::cerr << "sim: this build has no seeded bugs; configure with -Dseeded_bugs=true\n";
    return false;
}
#endif

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    std::string bug;
    std::string two_node;
    po::options_description description("sim: the shipped engine under virtual time");
    auto add = description.add_options();
    add("help", "this text");
    add("seed", po::value<std::uint64_t>(&arguments.options.seed), "run this one seed");
    add("trace", "print one line per transition, one column per node");
    add("verbose", "with --trace: every event of every node, too");
    add("from", po::value(&arguments.from), "first of many seeds");
    add("count", po::value(&arguments.count), "how many seeds");
    add("fresh", po::value(&arguments.fresh), "new seeds for so many seconds of CPU time");
    add("jobs", po::value(&arguments.jobs), "processes at once");
    add("seconds", po::value(&arguments.seconds), "virtual seconds with faults per seed");
    add("coverage", "print which kinds of events were told; fails when one never was");
    add("two-node", po::value(&two_node), "every cluster has two nodes and this tie breaker");
    add("witness", "every cluster has a witness, and most have two nodes");
    add("recover", "every cluster loses its majority for good, and an operator recovers");
    add("etcd", "every cluster has a witness whose record lies in an etcd");
    add("often", po::value(&arguments.options.often), "every second fault is of this kind");
    add("bug", po::value(&bug), "seeded bug to switch on; stops at the first violation");
    po::variables_map given;
    try {
        po::store(po::parse_command_line(argc, argv, description), given);
        po::notify(given);
    } catch (const po::error& error) {
        std::cerr << "sim: " << error.what() << "\n" << description;
        return 2;
    }
    if (given.count("help") != 0) {
        std::cout << description;
        return 0;
    }
    arguments.is_coverage_wanted = given.count("coverage") != 0;
    auto& options = arguments.options;
    options.has_etcd = given.count("etcd") != 0;
    options.has_witness = options.has_etcd || given.count("witness") != 0;
    options.loses_majority = given.count("recover") != 0;
    options.is_verbose = given.count("verbose") != 0;
    options.is_traced = options.is_verbose || given.count("trace") != 0;
    options.duration = Duration{static_cast<std::int64_t>(arguments.seconds * 1e9)};
    if (!two_node.empty() && !choose_tie_breaker(two_node, options)) return 2;
    if (!is_fault(options.often)) return 2;
    if (!has_such_a_majority(options)) return 2;
    if (!bug.empty() && !switch_on(bug, arguments)) return 2;
    if (given.count("seed") != 0) {
        Totals totals;
        const bool is_well = run_seed(options, totals);
        print_totals(totals, is_well ? 0 : 1);
        return is_well ? 0 : 1;
    }
    if (arguments.fresh > 0 && given.count("from") == 0)
        arguments.from = static_cast<std::uint64_t>(
            std::chrono::system_clock::now().time_since_epoch().count());
    return run_jobs(arguments);
}
