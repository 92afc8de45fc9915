// Commands about nodes that are lost: fencing, and the word of a person who stands before one.
#include <thread>

#include "show.hpp"

namespace hactl {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds k_fence_look_interval{200};

std::string path_of(const Context& c) { return "/v1/nodes/" + escape(c.arguments.words[0]); }

std::uint64_t number_of(const Json& json, const char* field) {
    return json.value(field, std::uint64_t{0});
}

/// How the request that came after `before` has ended, in words; empty: not yet.
std::string ending_of(const Json& before, const Json& now, bool& is_failed) {
    const auto fencing = now.value("fencing", Json::object());
    is_failed = false;
    if (number_of(now, "start") > number_of(before, "start")) return "it has booted anew";
    const auto asked_before = number_of(before.value("fencing", Json::object()), "requests");
    if (number_of(fencing, "requests") <= asked_before) return {};
    const auto state = text_of(fencing, "state");
    is_failed = state == "failed";
    return state == "confirmed" || is_failed ? text_of(fencing, "reason") : std::string();
}

int wait_until_over(Context& c, const Json& before) {
    const auto end = Clock::now() + c.arguments.timeout;
    std::string told;
    for (;;) {
        const auto now = c.get(path_of(c));
        bool is_failed = false;
        const auto ending = ending_of(before, now, is_failed);
        const auto progress = text_of(now.value("fencing", Json::object()), "progress");
        if (progress != told && !progress.empty() && !c.arguments.is_json)
            c.out << printable(progress) << "\n" << std::flush;
        told = progress;
        if (ending.empty() && Clock::now() < end) {
            std::this_thread::sleep_for(k_fence_look_interval);
            continue;
        }
        if (c.arguments.is_json) c.out << now.dump(2) << "\n";
        const auto& name = c.arguments.words[0];
        if (ending.empty()) {
            c.err << "hactl: node " << name << " is not fenced yet; 'hactl' shows how far it is\n";
            return k_exit_timed_out;
        }
        if (is_failed) {
            c.err << "hactl: node " << name << " could not be made harmless: "
                  << printable(ending) << "\n";
            return k_exit_failed;
        }
        if (!c.arguments.is_json)
            c.out << "node " << name << " is harmless: " << printable(ending) << "\n";
        return k_exit_ok;
    }
}

/// The name that a person types, or gave on the command line.
std::string confirmed_name(Context& c, const Json& node) {
    if (!c.arguments.confirm.empty()) return c.arguments.confirm;
    if (c.in == nullptr) return {};
    c.err << "Node " << c.arguments.words[0] << " is " << text_of(node, "status")
          << ". What it owned will be started elsewhere, shared disks among it. If it still runs,\n"
             "data is lost. Make sure that it is off: power, not network.\n"
             "Type the name of the node to say that it is off: "
          << std::flush;
    std::string line;
    std::getline(*c.in, line);
    return line;
}

}  // namespace

int node_fence_command(Context& c) {
    const auto before = c.get(path_of(c));
    const auto answer = c.post(path_of(c) + "/fence");
    if (!c.arguments.is_waiting || !c.arguments.is_json) c.say(answer);
    return c.arguments.is_waiting ? wait_until_over(c, before) : k_exit_ok;
}

int node_confirm_off_command(Context& c) {
    const auto node = c.get(path_of(c));
    const auto& name = c.arguments.words[0];
    if (confirmed_name(c, node) != name) {
        c.err << "hactl: nothing was done: the name was not confirmed; type it when asked, or give "
                 "--confirm "
              << name << "\n";
        return k_exit_refused;
    }
    return c.say(c.post(path_of(c) + "/confirm-off",
                        {{"confirm", name}, {"start", number_of(node, "start")}}));
}

}  // namespace hactl
