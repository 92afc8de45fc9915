// Context: what every command of hactl works with.
#pragma once

#include <chrono>
#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>
#include <string>

#include "arguments.hpp"
#include "client.hpp"
#include "exit_code.hpp"
#include "table.hpp"

namespace hactl {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

/// So often a command that waits looks again.
inline constexpr std::chrono::milliseconds k_look_interval{100};

/// The daemon or the cluster said no.
struct Refused : std::runtime_error {
    Refused(unsigned status, const std::string& text, Json answer = {})
        : std::runtime_error(text), http_status(status), json(std::move(answer)) {}
    unsigned http_status;
    Json json;
};

class Context {
   public:
    Context(Arguments arguments, std::ostream& out, std::ostream& err, bool is_coloured)
        : arguments(std::move(arguments)), out(out), err(err), paint(is_coloured) {}

    /// Throws Unreachable, TimedOut, or Refused for any answer but a good one.
    Json get(const std::string& target) { return request("GET", target, ""); }
    Json post(const std::string& target, const Json& body = Json::object()) {
        return request("POST", target, body.dump(-1, ' ', false, Json::error_handler_t::replace));
    }
    Json request(const std::string& method, const std::string& target, const std::string& body);
    /// For programs as it came, else the sentence in it.
    int say(const Json& answer);

    Arguments arguments;
    std::istream* in = nullptr;  ///< where a person can be asked; null: nowhere
    std::ostream& out;
    std::ostream& err;
    Paint paint;
    std::string advice;  ///< said when no daemon answers
};

// The commands, by file.
int status_command(Context& c);          // status.cpp
std::string show_status(const Json& status, const Paint& paint);

int node_list_command(Context& c);       // show.cpp
int group_list_command(Context& c);
int monitor_list_command(Context& c);
int resource_list_command(Context& c);
int simulate_command(Context& c);
std::string show_explanation(const Json& explanation, const Paint& paint);

int explain_command(Context& c);         // explain.cpp
std::string show_decision(const Json& decision, const Paint& paint);
/// With what led there.
std::string show_explanation_in_full(const Json& explanation, const Paint& paint);

int replay_command(Context& c);          // replay.cpp

int group_start_command(Context& c);     // group_commands.cpp
int group_stop_command(Context& c);
int group_move_command(Context& c);
int group_failover_command(Context& c);
int group_restart_command(Context& c);
int group_freeze_command(Context& c);
int group_thaw_command(Context& c);
int resource_restart_command(Context& c);
int resource_start_command(Context& c);
int resource_stop_command(Context& c);
int group_clear_command(Context& c);

int node_fence_command(Context& c);      // fence_commands.cpp
int node_confirm_off_command(Context& c);

int recover_command(Context& c);         // recover_command.cpp
int node_maintenance_command(Context& c);  // node_commands.cpp
int node_drain_command(Context& c);
int node_isolate_command(Context& c);
int node_resume_command(Context& c);

int events_command(Context& c);          // events.cpp
std::string show_event(const Json& event, const Paint& paint);

int config_check_command(Context& c);    // config_commands.cpp
int config_apply_command(Context& c);
int config_safety_command(Context& c);
int config_confirm_command(Context& c);
int config_revert_command(Context& c);
int config_show_command(Context& c);
int config_schema_command(Context& c);

int cluster_start_command(Context& c);   // cluster_commands.cpp
int cluster_stop_command(Context& c);
int cluster_restart_command(Context& c);
int cluster_reboot_command(Context& c);
int cluster_shutdown_command(Context& c);
int cluster_suspend_command(Context& c);
int cluster_resume_command(Context& c);

int key_new_command(Context& c);         // key.cpp

/// The whole program.
int run(const std::vector<std::string>& words, std::ostream& out, std::ostream& err,
        bool is_coloured, std::istream* in = nullptr);

}  // namespace hactl
