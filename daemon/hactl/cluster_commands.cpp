// Commands for the service of one node or of all of them, and for their machines. Each waits until
// it is really done, and says what it waits for.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <thread>

#include "show.hpp"

extern char** environ;

namespace hactl {

namespace {

using Clock = std::chrono::steady_clock;

/// A node that is waited for.
struct Target {
    bool is_here = false;          ///< the daemon that we ask is its own
    std::uint64_t start_before = 0;
    bool is_done = false;
    std::string words;             ///< as told last
};
using Targets = std::map<std::string, Target>;

std::string words_of(const Json& node, const Json& groups) {
    auto words = text_of(node, "status");
    if (is_set(node, "has_left")) words = "left";
    std::string held;
    for (const auto& group : groups)
        if (text_of(group, "owner") == text_of(node, "name"))
            held += (held.empty() ? "" : ", ") + text_of(group, "name") + " " +
                    text_of(group, "state");
    return words + (held.empty() || words == "left" ? "" : ": " + held);
}

bool is_gone(const Json& node) {
    return is_set(node, "has_left") || text_of(node, "status") == "left";
}
bool is_back(const Json& node, const Target& target) {
    return text_of(node, "status") == "up" && !is_set(node, "has_left") &&
           node.value("start", std::uint64_t{0}) > target.start_before;
}

/// What the waiting is for.
enum class Goal { gone, back };

class Wait {
   public:
    Wait(Context& c, Targets targets, Goal goal)
        : c_(c),
          targets_(std::move(targets)),
          goal_(goal),
          end_(Clock::now() + c.arguments.timeout) {}

    int run() {
        while (!is_over()) {
            if (Clock::now() >= end_) return give_up();
            look();
            if (!is_over()) std::this_thread::sleep_for(k_look_interval);
        }
        if (c_.arguments.is_json) c_.out << report(true).dump(2) << "\n";
        return k_exit_ok;
    }

   private:
    bool is_over() const {
        for (const auto& [name, target] : targets_)
            if (!target.is_done) return false;
        return true;
    }

    void tell(const std::string& name, Target& target, const std::string& words) {
        if (words == target.words) return;
        target.words = words;
        if (!c_.arguments.is_json) c_.out << name << ": " << printable(words) << "\n" << std::flush;
    }

    void look() {
        Json status;
        try {
            status = c_.get("/v1/status");
        } catch (const Unreachable&) {
            return on_silence();
        } catch (const TimedOut&) {
            return;
        } catch (const Refused&) {
            return;  // busy, or on its way down
        }
        const auto& groups = status.value("groups", Json::array());
        for (const auto& node : status.value("nodes", Json::array())) {
            const auto found = targets_.find(text_of(node, "name"));
            if (found == targets_.end() || found->second.is_done) continue;
            auto& target = found->second;
            tell(found->first, target, words_of(node, groups));
            // Its own daemon has really ended only when it answers no more.
            if (goal_ == Goal::gone && !target.is_here) target.is_done = is_gone(node);
            if (goal_ == Goal::back) target.is_done = is_back(node, target);
        }
    }

    /// The daemon here has ended: by then it has waited for the others (it leaves last).
    void on_silence() {
        if (goal_ == Goal::back) return;
        for (auto& [name, target] : targets_) {
            if (target.is_here) {
                tell(name, target, "its daemon has ended");
                target.is_done = true;
            } else if (!target.is_done) {
                lost_sight_ = true;
            }
        }
        if (lost_sight_) end_ = Clock::now();
    }

    Json report(bool is_done) const {
        auto nodes = Json::array();
        for (const auto& [name, target] : targets_)
            nodes.push_back({{"name", name}, {"done", target.is_done}, {"text", target.words}});
        return {{"done", is_done}, {"nodes", std::move(nodes)}};
    }

    int give_up() {
        std::string names;
        for (const auto& [name, target] : targets_)
            if (!target.is_done) names += (names.empty() ? "" : ", ") + name;
        if (c_.arguments.is_json) c_.out << report(false).dump(2) << "\n";
        c_.err << "hactl: "
               << (lost_sight_ ? "the daemon here has ended, and the end was not seen of: "
                               : "not done yet, and still going on: ")
               << names << "\n";
        return k_exit_timed_out;
    }

    Context& c_;
    Targets targets_;
    Goal goal_;
    Clock::time_point end_;
    bool lost_sight_ = false;
};

/// The nodes that a command is about; every one with --all.
Targets targets_of(Context& c, const Json& status, bool only_up) {
    Targets out;
    const auto wanted = c.arguments.words.empty() ? std::string() : c.arguments.words[0];
    for (const auto& node : status.value("nodes", Json::array())) {
        const auto name = text_of(node, "name"), state = text_of(node, "status");
        if (!c.arguments.is_all && name != wanted) continue;
        if (only_up && c.arguments.is_all && state != "up" && state != "leaving") continue;
        out[name] = {is_set(node, "self"), node.value("start", std::uint64_t{0}), false, {}};
    }
    if (out.empty() && !c.arguments.is_all)
        throw Refused(404, "the configuration has no node '" + wanted + "'");
    return out;
}

int order(Context& c, const char* verb, Goal goal) {
    if (c.arguments.is_all != c.arguments.words.empty()) {
        c.err << "hactl: name a node, or say --all\n";
        return k_exit_usage;
    }
    auto targets = targets_of(c, c.get("/v1/status"), true);
    const auto path = c.arguments.is_all
                          ? std::string("/v1/cluster/order")
                          : "/v1/nodes/" + escape(c.arguments.words[0]) + "/order";
    const auto answer =
        c.post(path, {{"order", verb}, {"lose_quorum", c.arguments.may_lose_quorum}});
    if (!c.arguments.is_json || !c.arguments.is_waiting) c.say(answer);
    if (!c.arguments.is_waiting) return k_exit_ok;
    return Wait(c, std::move(targets), goal).run();
}

/// Runs a command of the system; its exit code, or 127 when it is not there.
int run_program(const std::vector<std::string>& words) {
    std::vector<char*> argv;
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    pid_t pid = 0;
    if (::posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ) != 0) return 127;
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

std::vector<std::string> words_in(const char* variable, const char* otherwise) {
    const char* text = std::getenv(variable);
    std::vector<std::string> out;
    std::string word;
    for (const char* at = text != nullptr && *text != '\0' ? text : otherwise; ; at++) {
        if (*at != ' ' && *at != '\0') word += *at;
        else if (!word.empty()) out.push_back(std::exchange(word, {}));
        if (*at == '\0') return out;
    }
}

/// Has the service manager start had: here, or on another machine by way of HA_REMOTE.
bool start_service(Context& c, const std::string& node, bool is_here) {
    auto words = is_here ? std::vector<std::string>{} : words_in("HA_REMOTE", "ssh");
    if (!is_here) words.push_back(node);
    for (auto& word : words_in("HA_START", "systemctl start had")) words.push_back(std::move(word));
    const int code = run_program(words);
    if (code == 0) return true;
    c.err << "hactl: '" << words[0] << "' could not start the service" << (is_here ? "" : " on ")
          << (is_here ? "" : node) << ": exit code " << code << "\n";
    return false;
}

/// The daemon here, once it answers; no object when it does not in time.
Json await_daemon(Context& c) {
    for (const auto end = Clock::now() + c.arguments.timeout; Clock::now() < end;) {
        try {
            return c.get("/v1/status");
        } catch (const std::runtime_error&) {
            std::this_thread::sleep_for(k_look_interval);
        }
    }
    return {};
}

/// Until this node knows it, and no monitor of a node that is up looks any more.
bool is_suspended(const Json& status) {
    if (!is_set(status, "suspended")) return false;
    for (const auto& monitor : status.value("monitors", Json::array()))
        for (const auto& node : status.value("nodes", Json::array()))
            if (text_of(node, "name") == text_of(monitor, "node") &&
                text_of(node, "status") == "up" && text_of(monitor, "state") != "idle" &&
                text_of(monitor, "state") != "paused")
                return false;
    return true;
}

int suspend(Context& c, bool on) {
    const auto answer = c.post(on ? "/v1/cluster/suspend" : "/v1/cluster/resume");
    for (const auto end = Clock::now() + c.arguments.timeout; Clock::now() < end;) {
        const auto status = c.get("/v1/status");
        if (on ? is_suspended(status) : !is_set(status, "suspended")) return c.say(answer);
        std::this_thread::sleep_for(k_look_interval);
    }
    c.err << "hactl: agreed, but not seen done on every node yet\n";
    return k_exit_timed_out;
}

}  // namespace

int cluster_suspend_command(Context& c) { return suspend(c, true); }
int cluster_resume_command(Context& c) { return suspend(c, false); }
int cluster_stop_command(Context& c) { return order(c, "stop", Goal::gone); }
int cluster_restart_command(Context& c) { return order(c, "restart", Goal::back); }
int cluster_reboot_command(Context& c) { return order(c, "reboot", Goal::gone); }
int cluster_shutdown_command(Context& c) { return order(c, "poweroff", Goal::gone); }

int cluster_start_command(Context& c) {
    Json status;
    try {
        status = c.get("/v1/status");
    } catch (const Unreachable&) {
        if (!start_service(c, {}, true)) return k_exit_failed;
        status = await_daemon(c);
    }
    if (!status.is_object()) {
        c.err << "hactl: the daemon here does not answer yet; its log tells why\n";
        return k_exit_timed_out;
    }
    if (c.arguments.words.empty() && !c.arguments.is_all)
        c.arguments.words.push_back(text_of(status, "node"));
    auto targets = targets_of(c, status, false);
    for (auto& [name, target] : targets) {
        target.start_before = 0;
        for (const auto& node : status.value("nodes", Json::array())) {
            const bool is_up = text_of(node, "status") == "up" && !is_set(node, "has_left");
            if (text_of(node, "name") != name || target.is_here || is_up) continue;
            if (!start_service(c, name, false)) return k_exit_failed;
            target.start_before = node.value("start", std::uint64_t{0});
        }
    }
    return Wait(c, std::move(targets), Goal::back).run();
}

}  // namespace hactl
