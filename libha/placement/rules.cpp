// The rules of placement: their stable names.
#include "placement/rules.hpp"

namespace ha::placement {

const char* to_string(Rule rule) noexcept {
    switch (rule) {
        case Rule::as_asked: return "as_asked";
        case Rule::destination: return "destination";
        case Rule::first_in_policy: return "first_in_policy";
        case Rule::next_in_policy: return "next_in_policy";
        case Rule::owner_down: return "owner_down";
        case Rule::found_there: return "found_there";
        case Rule::returns: return "returns";
        case Rule::move: return "move";
        case Rule::failback: return "failback";
        case Rule::hand_over: return "hand_over";
        case Rule::drained: return "drained";
        case Rule::gives_place: return "gives_place";
        case Rule::owner_not_in_policy: return "owner_not_in_policy";
        case Rule::goal_offline: return "goal_offline";
        case Rule::runs: return "runs";
        case Rule::move_refused: return "move_refused";
        case Rule::evicted: return "evicted";
        case Rule::owner_silent: return "owner_silent";
        case Rule::startup_wait: return "startup_wait";
        case Rule::stays_on_standby: return "stays_on_standby";
        case Rule::waits_for_group: return "waits_for_group";
        case Rule::waits_to_stop: return "waits_to_stop";
        case Rule::makes_room: return "makes_room";
        case Rule::frozen: return "frozen";
        case Rule::stop_failed: return "stop_failed";
        case Rule::owner_left: return "owner_left";
        case Rule::failover_manual: return "failover_manual";
        case Rule::fencing_required: return "fencing_required";
        case Rule::owner_holds_on: return "owner_holds_on";
        case Rule::all_banned: return "all_banned";
        case Rule::failover_limit: return "failover_limit";
        case Rule::excluded: return "excluded";
        case Rule::no_room: return "no_room";
        case Rule::no_node: return "no_node";
        case Rule::found_elsewhere: return "found_elsewhere";
    }
    return "unknown";
}

bool is_blocked(Rule rule) noexcept { return rule >= Rule::frozen; }

const char* to_string(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::eligible: return "eligible";
        case Verdict::not_in_policy: return "not_in_policy";
        case Verdict::absent: return "absent";
        case Verdict::down: return "down";
        case Verdict::left: return "left";
        case Verdict::leaving: return "leaving";
        case Verdict::maintenance: return "maintenance";
        case Verdict::standby: return "standby";
        case Verdict::isolated: return "isolated";
        case Verdict::silent: return "silent";
        case Verdict::banned: return "banned";
        case Verdict::exclusion: return "exclusion";
        case Verdict::no_room: return "no_room";
        case Verdict::found_elsewhere: return "found_elsewhere";
    }
    return "unknown";
}

}  // namespace ha::placement
