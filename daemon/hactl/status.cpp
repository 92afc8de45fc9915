// Status: the whole cluster on one page, once or again and again.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <thread>

#include "show.hpp"

namespace hactl {

namespace {

/// More than so many are not asked for: the table shows them, and 'group explain' tells the rest.
constexpr std::size_t k_limit_explained_groups = 16;

/// What a node that is gone told last is no news: its monitors look at nothing now.
void mark_old_monitors(Json& status) {
    for (auto& monitor : status["monitors"])
        for (const auto& node : status.at("nodes"))
            if (node.at("name") == monitor.at("node") && text_of(node, "status") == "down") {
                monitor["text"] = "was " + text_of(monitor, "state") + " before the node went down";
                monitor["state"] = "unknown";
            }
}

/// Nobody has it, or somebody who is lost.
bool is_nowhere(const Json& status, const Json& group) {
    const auto owner = text_of(group, "owner");
    if (owner.empty()) return true;
    for (const auto& node : status.value("nodes", Json::array()))
        if (text_of(node, "name") == owner) return text_of(node, "status") == "down";
    return false;
}

/// The status; and for groups that should run and do not, why ("blocked").
Json status_of(Context& c) {
    auto status = c.get("/v1/status");
    if (!c.arguments.is_json) mark_old_monitors(status);
    auto blocked = Json::array();
    for (const auto& group : status.value("groups", Json::array())) {
        if (text_of(group, "goal") != "online" || !is_nowhere(status, group)) continue;
        if (blocked.size() == k_limit_explained_groups) break;
        try {
            auto why = c.get("/v1/groups/" + escape(text_of(group, "name")) + "/explain");
            why.erase("decisions");  // what led here is another question
            if (is_set(why, "blocked")) blocked.push_back(std::move(why));
        } catch (const Refused&) {
            break;  // not founded, or it changed meanwhile: the status itself still stands
        }
    }
    status["blocked"] = std::move(blocked);
    return status;
}

std::string head_line(const Json& s, const Paint& paint) {
    const auto& quorum = s.at("quorum");
    std::string out = paint(Colour::bold, "cluster " + text_of(s, "cluster"));
    out += is_set(quorum, "quorate") ? "  " + paint(Colour::good, "quorate")
                                     : "  " + paint(Colour::bad, "NO QUORUM");
    const auto leader = text_of(s, "leader");
    out += leader.empty() ? "  " + paint(Colour::bad, "no leader") : "  leader " + leader;
    out += "  " + text_of(quorum, "policy");
    if (const auto breaker = text_of(quorum, "tie_breaker"); !breaker.empty())
        out += " + " + breaker;
    if (const auto loss = text_of(quorum, "on_loss"); !loss.empty() && loss != "stop")
        out += ", without a quorum: " + loss;
    if (const auto guarantee = text_of(quorum, "guarantee"); !guarantee.empty())
        out += paint(Colour::dim, " (" + guarantee + ")");
    return out + "\n";
}

/// Whether this node may hold groups at all, which is not the same as the cluster's quorum.
std::string lease_line(const Json& s, const Paint& paint) {
    const auto lease = s.value("lease", Json::object());
    std::string out = "this node: " + text_of(s, "node") + "  ";
    if (!is_set(lease, "held"))
        return out + paint(Colour::bad, "no lease: nothing that needs a quorum runs here") + "\n";
    out += paint(Colour::good, "holds its lease");
    if (is_set(s.value("quorum", Json::object()), "running_alone"))
        return out + ", by itself: the others do not answer\n";
    const auto left = static_cast<long>(lease.value("remaining_ms", 0.0));
    return out + (left > 0 ? " (" + std::to_string(left) + " ms left)" : "") + "\n";
}

std::string watchdog_state_line(const Json& dog, const Paint& paint) {
    const auto state = text_of(dog, "state");
    if (state.empty() || state == "none") return {};
    if (state == "failed")
        return "watchdog: " + paint(Colour::bad, "failed") + ": what requires fencing is not "
                                                             "started here\n";
    if (state == "idle") return "watchdog: idle, armed when a group here requires fencing\n";
    const auto seconds = static_cast<long>(dog.value("timeout_ms", 0.0)) / 1000;
    return "watchdog: " + paint(Colour::good, "armed") + ", resets this machine " +
           std::to_string(seconds) + " s after the lease" +
           (is_set(dog, "verified") ? "" : " (as asked for; the device has not confirmed it)") +
           "\n";
}

std::string watchdog_line(const Json& guard, const Paint& paint) {
    const auto dog = guard.value("watchdog", Json::object());
    const auto problem = text_of(dog, "problem");
    auto out = watchdog_state_line(dog, paint);
    if (!problem.empty()) out += "watchdog: " + paint(Colour::bad, printable(problem)) + "\n";
    return out;
}

/// Never two owners, or why not: it is the first thing to know of a node.
std::string guard_line(const Json& s, const Paint& paint) {
    const auto guard = s.value("guard", Json::object());
    const auto guarantee = text_of(guard, "guarantee");
    if (guarantee.empty()) return {};
    const bool is_whole = is_set(guard, "running") && guarantee.starts_with("never");
    std::string out = "on this node: " + paint(is_whole ? Colour::good : Colour::busy,
                                               printable(guarantee));
    if (!is_set(guard, "wanted")) return out + " (had runs without ha-guard)\n";
    if (!is_set(guard, "running"))
        return out + " (ha-guard does not run: " + printable(text_of(guard, "problem")) + ")\n";
    char times[120];
    std::snprintf(times, sizeof times,
                  " (ha-guard: woke at most %.3f ms late, severed in at most %.3f of %.3f ms)",
                  guard.value("wake_late_max_ms", 0.0), guard.value("sever_took_max_ms", 0.0),
                  guard.value("sever_bound_ms", 0.0));
    return out + paint(Colour::dim, times) + "\n" + watchdog_line(guard, paint);
}

/// Is it there, has it a vote, and does anything depend on it now?
std::string witness_line(const Json& s, const Paint& paint) {
    const auto witness = s.value("witness", Json());
    if (!witness.is_object()) return {};
    std::string out = "witness: " + text_of(witness, "address") + "  ";
    const bool is_needed = is_set(witness, "needed");
    if (is_set(witness, "answering")) {
        out += paint(Colour::good, "answers");
        char trip[32];
        std::snprintf(trip, sizeof trip, " in %.1f ms", witness.value("round_trip_ms", 0.0));
        out += trip;
        if (witness.value("round_trip_ms", 0.0) > witness.value("round_trip_expected_ms", 0.0))
            out += paint(Colour::busy, " (more than its round_trip)");
    } else {
        const auto& ago = witness.at("answered_ms_ago");
        out += paint(is_needed ? Colour::bad : Colour::busy, "does not answer");
        const auto s_ago = ago.is_null() ? 0 : static_cast<long>(ago.get<double>() / 1000);
        out += ago.is_null() ? ", and never did" : ", last " + std::to_string(s_ago) + " s ago";
    }
    if (is_set(witness, "voter"))
        out += is_needed ? paint(Colour::busy, "  NEEDED NOW") : "  not needed now";
    else
        out += is_set(witness, "wanted") ? paint(Colour::busy, "  no vote yet")
                                         : "  no vote: an odd number of nodes votes";
    if (is_set(witness, "light")) out += "  keeps no copy";
    return out + "\n";
}

/// While not all nodes have been upgraded; empty otherwise.
std::string note_of_version(const Json& s) {
    const auto version = s.value("version", Json::object());
    const auto waits = version.value("waits_for", Json::array());
    if (waits.empty()) return {};
    const auto of = version.value("cluster", 0);
    std::string out;
    for (const auto& node : s.value("nodes", Json::array())) {
        const auto name = text_of(node, "name"), software = text_of(node, "software");
        const auto known = node.value("version", 0);
        if (std::find(waits.begin(), waits.end(), Json(name)) == waits.end()) continue;
        out += (out.empty() ? "" : ", ") + name;
        if (known != 0 && known <= of)
            out += " (" + (software.empty() ? "" : software + " ") + "knows up to version " +
                   std::to_string(known) + ")";
    }
    return "the cluster works by version " + std::to_string(of) + "; version " +
           std::to_string(of + 1) + " begins when these nodes are there with software that knows "
           "it: " + out;
}

std::string notes(const Json& s, const Paint& paint) {
    std::string out;
    const auto add = [&](const std::string& text) {
        out += paint(Colour::busy, "! " + printable(text)) + "\n";
    };
    if (const auto waits = text_of(s, "waits_for"); !waits.empty())
        add("this node waits: " + waits);
    const auto quorum = s.value("quorum", Json::object());
    for (const auto& node : quorum.value("waits_for_nodes", Json::array()))
        add("node " + node.get<std::string>() + " is lost and goes on without a quorum: what it "
            "runs is started elsewhere only when it is back, or made harmless, or an operator says "
            "that it is off");
    for (const auto& node : quorum.value("forked", Json::array()))
        add("node " + node.get<std::string>() + " has gone another way than this node: their "
            "histories contradict each other, and they do not work together");
    for (const auto& node : quorum.value("fork_risk", Json::array()))
        add("FORK RISK: node " + node.get<std::string>() + " was named as off in a recovery and "
            "has not joined since: it may hold the old majority with others; empty its store "
            "before it comes back, or take it out of the configuration");
    if (text_of(s, "cluster_id").empty())
        add("this cluster is not founded yet: 'hactl cluster init' on one node founds it");
    if (is_set(s, "store_lost"))
        add("this node's store was lost; it does not vote until it has been added anew");
    if (const auto problem = text_of(s.value("recorder", Json::object()), "problem");
        !problem.empty())
        add("the flight recorder does not record: " + problem);
    if (is_set(s, "leaving")) add("this node is leaving the cluster");
    if (const auto ratio = s.value("timeout_ratio", 1); ratio > 1)
        add("all timeouts are " + std::to_string(ratio) + " times as long; 'hactl ratio' tells for "
            "how long");
    for (const auto& text : s.value("shortcomings", Json::array()))
        add(text.get<std::string>());
    if (const auto witness = s.value("witness", Json()); witness.is_object())
        if (const auto problem = text_of(witness, "problem"); !problem.empty())
            add("witness: " + problem);
    if (const auto version = note_of_version(s); !version.empty()) add(version);
    if (is_set(s, "suspended"))
        add("the cluster is suspended: groups run on, and nothing is placed or recovered until "
            "'hactl cluster resume'");
    const auto config = s.value("config", Json::object());
    if (is_set(config, "on_trial"))
        add("configuration " + std::to_string(config.value("revision", 0)) + " is on trial for " +
            std::to_string(static_cast<long>(config.value("trial_left_ms", 0.0)) / 1000) +
            " s more: 'hactl config confirm' keeps it");
    if (is_set(config, "changing"))
        add("a change of the configuration waits until these groups have stopped: " +
            join(config.value("waits_for", Json::array())));
    for (const auto& socket : s.value("sockets", Json::array()))
        if (const auto problem = text_of(socket, "problem"); !problem.empty())
            add("interconnect " + text_of(socket, "interconnect") + " at " +
                text_of(socket, "address") + ": " + problem);
    return out;
}

std::string clock_text() {
    const auto now = std::time(nullptr);
    tm parts{};
    ::localtime_r(&now, &parts);
    char text[32];
    return std::string(text, std::strftime(text, sizeof text, "%H:%M:%S", &parts));
}

/// Until it is interrupted; a daemon that is away for a while is waited for.
int watch(Context& c) {
    for (;;) {
        std::string text;
        try {
            const auto status = status_of(c);
            text = c.arguments.is_json ? status.dump() + "\n" : show_status(status, c.paint);
        } catch (const std::runtime_error& error) {
            text = std::string(error.what()) + "\n";
        }
        if (c.arguments.is_json) {
            c.out << text << std::flush;
        } else {
            // On a terminal the screen is drawn anew; a file gets one state after the other.
            if (c.paint.is_on()) c.out << "\x1b[H\x1b[2J";
            c.out << clock_text() << "\n" << text << "\n" << std::flush;
        }
        if (!c.out) return k_exit_ok;
        std::this_thread::sleep_for(std::chrono::seconds(1));
    }
}

}  // namespace

std::string show_status(const Json& s, const Paint& paint) {
    auto out = head_line(s, paint) + lease_line(s, paint) + guard_line(s, paint) +
               witness_line(s, paint) + notes(s, paint);
    out += "\n" + node_table(s.value("nodes", Json::array()), paint);
    if (const auto& groups = s.value("groups", Json::array()); !groups.empty())
        out += "\n" + group_table(groups, paint);
    if (const auto monitors = monitor_table(s.value("monitors", Json::array()), paint);
        !monitors.empty())
        out += "\n" + monitors;
    for (const auto& one : s.value("blocked", Json::array()))
        out += "\n" + show_explanation(one, paint);
    return out;
}

int status_command(Context& c) {
    if (c.arguments.is_watching) return watch(c);
    const auto status = status_of(c);
    c.out << (c.arguments.is_json ? status.dump(2) + "\n" : show_status(status, c.paint));
    return k_exit_ok;
}

}  // namespace hactl
