// Router: the table of paths, and what each of them asks of the backend.
#include "admin/router.hpp"

#include <nlohmann/json.hpp>
#include <vector>

#include "admin/render.hpp"
#include "ha/plugin/values.hpp"

namespace ha::admin {

namespace {

/// Of one simulation.
constexpr std::size_t k_limit_supposed = 64;

/// A request with what stands in its path and body.
struct Call {
    Backend& backend;
    const ApiRequest& request;
    std::string name;   ///< of the group, node, ...; empty where the path has none
    Json body;          ///< an object
    OnReply reply;
};
using Handler = void (*)(Call&);

struct Route {
    const char* method;
    const char* path;     ///< '*' stands for one name
    Handler handler;
    bool is_raw = false;  ///< the body is a document of its own
};

ApiReply json_reply(const Json& json) { return {200, to_text(json)}; }

OnDone done_of(Call& call) {
    return [reply = call.reply](const Outcome& outcome) {
        if (outcome.ok)
            reply(json_reply({{"message", outcome.text}}));
        else
            reply(error_reply(outcome.code, outcome.text));
    };
}

/// A text of the body; empty when it is not there.
std::string text_in(const Call& call, const char* field) {
    const auto it = call.body.find(field);
    if (it == call.body.end() || it->is_null()) return {};
    if (!it->is_string())
        throw Error(ErrorCode::invalid, "'" + std::string(field) + "' must be a text");
    return it->get<std::string>();
}

std::uint64_t number_in(const Call& call, const char* name, std::uint64_t absent) {
    const auto it = call.request.query.find(name);
    if (it == call.request.query.end()) return absent;
    const auto value = plugin::parse_integer(it->second);
    if (!value || *value < 0)
        throw Error(ErrorCode::invalid,
                    "'" + std::string(name) + "' = '" + it->second + "' must be a whole number");
    return static_cast<std::uint64_t>(*value);
}

bool flag_in(const Call& call, const char* field) {
    const auto it = call.body.find(field);
    if (it == call.body.end() || it->is_null()) return false;
    if (!it->is_boolean())
        throw Error(ErrorCode::invalid, "'" + std::string(field) + "' must be true or false");
    return it->get<bool>();
}

/// A time such as "10min"; zero when it is not there.
std::chrono::nanoseconds time_in(const Call& call, const char* field) {
    const auto text = text_in(call, field);
    if (text.empty()) return {};
    const auto time = plugin::parse_duration(text);
    if (!time || time->count() <= 0)
        throw Error(ErrorCode::invalid, "'" + std::string(field) + "' = '" + text +
                                            "' must be a time such as \"10min\"");
    return *time;
}

/// True: it was only rehearsed, and has been answered.
bool is_rehearsed(Call& call, const char* verb) {
    if (!flag_in(call, "dry_run")) return false;
    call.reply(json_reply(render(
        call.backend.rehearse({verb, call.name, text_in(call, "node")}))));
    return true;
}

void post_group_start(Call& c) {
    if (is_rehearsed(c, "group_start")) return;
    c.backend.group_start(c.name, text_in(c, "node"), done_of(c));
}
void post_group_stop(Call& c) {
    if (!is_rehearsed(c, "group_stop")) c.backend.group_stop(c.name, done_of(c));
}
void post_group_move(Call& c) {
    if (is_rehearsed(c, "group_move")) return;
    const auto ban = c.body.find("ban");
    if (ban != c.body.end() && !ban->is_boolean())
        throw Error(ErrorCode::invalid, "'ban' must be true or false");
    c.backend.group_move(c.name, text_in(c, "node"), time_in(c, "deadline"),
                         ban != c.body.end() && ban->get<bool>(), done_of(c));
}
void post_group_failover(Call& c) {
    if (is_rehearsed(c, "group_failover")) return;
    c.backend.group_failover(c.name, text_in(c, "node"), done_of(c));
}
void post_group_restart(Call& c) {
    if (!is_rehearsed(c, "group_restart")) c.backend.group_restart(c.name, done_of(c));
}
void post_group_freeze(Call& c) {
    if (!is_rehearsed(c, "group_freeze")) c.backend.group_freeze(c.name, true, done_of(c));
}
void post_group_thaw(Call& c) {
    if (!is_rehearsed(c, "group_thaw")) c.backend.group_freeze(c.name, false, done_of(c));
}
void post_resource_start(Call& c) {
    if (!is_rehearsed(c, "resource_start")) c.backend.resource_start(c.name, done_of(c));
}
void post_resource_stop(Call& c) {
    if (!is_rehearsed(c, "resource_stop")) c.backend.resource_stop(c.name, done_of(c));
}
void post_resource_restart(Call& c) {
    if (!is_rehearsed(c, "resource_restart")) c.backend.resource_restart(c.name, done_of(c));
}

void post_monitor_inject(Call& c) {
    const bool on = !flag_in(c, "off");
    c.backend.monitor_inject(c.name, on, on ? time_in(c, "for") : std::chrono::nanoseconds(0),
                             done_of(c));
}

void post_timeout_ratio(Call& c) {
    const auto it = c.body.find("ratio");
    if (it == c.body.end() || !it->is_number_unsigned() ||
        it->get<std::uint64_t>() > UINT32_MAX)
        throw Error(ErrorCode::invalid, "the body must be {\"ratio\": 3, \"for\": \"10min\"}");
    c.backend.timeout_ratio(it->get<std::uint32_t>(), time_in(c, "for"), done_of(c));
}

/// Of the query; zero when it is not there.
std::chrono::nanoseconds duration_in(const Call& call, const char* name) {
    const auto it = call.request.query.find(name);
    if (it == call.request.query.end()) return {};
    const auto value = plugin::parse_duration(it->second);
    if (!value || value->count() <= 0)
        throw Error(ErrorCode::invalid, "'" + std::string(name) + "' = '" + it->second +
                                            "' must be a time such as 60s or 2min");
    return *value;
}

/// Of the query; false when it is not there.
bool query_flag(const Call& call, const char* name) {
    const auto it = call.request.query.find(name);
    if (it == call.request.query.end()) return false;
    const auto value = plugin::parse_boolean(it->second);
    if (!value)
        throw Error(ErrorCode::invalid, "'" + std::string(name) + "' must be true or false");
    return *value;
}

void get_status(Call& call) { call.reply(json_reply(render(call.backend.status()))); }

void get_part(Call& call, const char* part) {
    const auto status = render(call.backend.status());
    call.reply(json_reply({{part, status.at(part)}}));
}

void get_one(Call& call, const char* part, const char* what) {
    const auto status = render(call.backend.status());
    for (const auto& one : status.at(part)) {
        if (one.at("name") != call.name) continue;
        call.reply(json_reply(one));
        return;
    }
    throw Error(ErrorCode::not_found,
                "the configuration has no " + std::string(what) + " '" + call.name + "'");
}

void post_maintenance(Call& call) {
    const auto it = call.body.find("on");
    if (it == call.body.end() || !it->is_boolean())
        throw Error(ErrorCode::invalid, "the body must be {\"on\": true} or {\"on\": false}");
    call.backend.node_mode(call.name, it->get<bool>() ? "maintenance" : "in_service",
                           text_in(call, "reason"), done_of(call));
}

void post_mode(Call& call) {
    const auto mode = text_in(call, "mode");
    if (mode.empty())
        throw Error(ErrorCode::invalid, "the body must be {\"mode\": \"in_service\"}, or "
                                        "maintenance, standby, isolated");
    call.backend.node_mode(call.name, mode, text_in(call, "reason"), done_of(call));
}

/// Whoever says it must have meant this node, and this start of it.
void post_confirm_off(Call& call) {
    const auto start = call.body.find("start");
    if (text_in(call, "confirm") != call.name || start == call.body.end() ||
        !start->is_number_unsigned())
        throw Error(ErrorCode::invalid, "the body must be {\"confirm\": \"" + call.name +
                                            "\", \"start\": N} with the number that the status "
                                            "of the node shows as its start");
    call.backend.node_confirm_off(call.name, start->get<std::uint64_t>(), done_of(call));
}

void get_events(Call& call) {
    const auto limit = std::min<std::uint64_t>(number_in(call, "limit", 100), k_limit_events_reply);
    auto after = number_in(call, "since", 0);
    const auto start = call.backend.status().start;
    // Numbers begin anew with each start of the daemon: a reader from before begins anew too.
    const bool is_reset = number_in(call, "start", start) != start;
    if (is_reset) after = 0;
    auto events = Json::array();
    for (const auto& notice : call.backend.notices(after, limit)) {
        events.push_back(render(notice));
        after = notice.number;
    }
    call.reply(json_reply({{"start", start},
                           {"next", after},
                           {"reset", is_reset},
                           {"events", std::move(events)}}));
}

std::string document_name(const Call& call) {
    const auto it = call.request.query.find("name");
    return it == call.request.query.end() ? "configuration" : it->second;
}

void post_config_check(Call& call) {
    call.reply(json_reply(render(call.backend.config_check(call.request.body,
                                                           document_name(call)))));
}

void post_config_apply(Call& call) {
    const auto report = call.backend.config_check(call.request.body, document_name(call));
    if (!report.errors.empty()) {
        auto json = render_error("invalid", "the configuration has " +
                                                std::to_string(report.errors.size()) +
                                                " errors; nothing was changed");
        json["report"] = render(report);
        call.reply({400, to_text(json)});
        return;
    }
    ApplyOptions how;
    how.confirm_within = duration_in(call, "confirm_within");
    how.may_stop_groups = query_flag(call, "stop_groups");
    call.backend.config_apply(call.request.body, document_name(call), how, done_of(call));
}

/// {"order": "stop", "lose_quorum": false} of one node, or of all.
void post_order(Call& call) {
    const auto word = text_in(call, "order");
    const auto it = call.body.find("lose_quorum");
    if (it != call.body.end() && !it->is_boolean())
        throw Error(ErrorCode::invalid, "'lose_quorum' must be true or false");
    const bool may_lose_quorum = it != call.body.end() && it->get<bool>();
    for (const auto order : {ServiceOrder::stop, ServiceOrder::restart, ServiceOrder::reboot,
                             ServiceOrder::poweroff})
        if (word == to_string(order))
            return call.backend.service_order(call.name, order, may_lose_quorum, done_of(call));
    throw Error(ErrorCode::invalid,
                "'order' must be stop, restart, reboot or poweroff, not '" + word + "'");
}

/// {"events": [{"kill": "a"}, {"move": "web", "node": "b"}]}
std::vector<Supposed> supposed_in(const Json& list) {
    std::vector<Supposed> out;
    for (const auto& one : list) {
        if (!one.is_object())
            throw Error(ErrorCode::invalid, "an event is an object, as {\"kill\": \"NODE\"}");
        Supposed event;
        for (const auto& [what, name] : one.items()) {
            if (!name.is_string())
                throw Error(ErrorCode::invalid, "'" + what + "' must be a text");
            if (what == "node") {
                event.node = name.get<std::string>();
            } else if (!event.what.empty()) {
                throw Error(ErrorCode::invalid, "'" + event.what + "' and '" + what +
                                                    "' are two events: give an object for each");
            } else {
                event.what = what;
                event.name = name.get<std::string>();
            }
        }
        out.push_back(std::move(event));
    }
    if (out.size() > k_limit_supposed)
        throw Error(ErrorCode::invalid, "at most " + std::to_string(k_limit_supposed) +
                                            " events can be supposed at once");
    return out;
}

void post_go_alone(Call& call) {
    const auto without = text_in(call, "without");
    if (without.empty())
        throw Error(ErrorCode::invalid,
                    "the body must be {\"without\": \"NODE\"}: the other node, which is off");
    call.backend.cluster_go_alone(without, done_of(call));
}

void post_recover(Call& call) {
    const auto it = call.body.find("off");
    std::vector<std::string> off;
    if (it == call.body.end() || !it->is_array())
        throw Error(ErrorCode::invalid,
                    "the body must be {\"off\": [\"NODE\", ...]}: every other node, each of which "
                    "is off");
    for (const auto& one : *it) {
        if (!one.is_string()) throw Error(ErrorCode::invalid, "'off' must be a list of names");
        off.push_back(one.get<std::string>());
    }
    call.backend.cluster_recover(off, done_of(call));
}

void post_simulate(Call& call) {
    if (const auto it = call.body.find("events"); it != call.body.end() && it->is_array()) {
        auto groups = Json::array();
        for (const auto& one : call.backend.simulate(supposed_in(*it)))
            groups.push_back(render(one));
        return call.reply(json_reply({{"groups", std::move(groups)}}));
    }
    const auto node = text_in(call, "kill");
    if (node.empty()) throw Error(ErrorCode::invalid,
                    "the body must be {\"kill\": \"NODE\"} or {\"events\": [...]}");
    auto groups = Json::array();
    for (const auto& one : call.backend.simulate({Supposed{"kill", node, {}}}))
        groups.push_back(render(one));
    call.reply(json_reply({{"killed", node}, {"groups", std::move(groups)}}));
}

constexpr Route k_routes[] = {
    {"GET", "/v1/status", get_status},
    {"GET", "/v1/nodes", [](Call& c) { get_part(c, "nodes"); }},
    {"GET", "/v1/nodes/*", [](Call& c) { get_one(c, "nodes", "node"); }},
    {"POST", "/v1/nodes/*/maintenance", post_maintenance},
    {"POST", "/v1/nodes/*/fence", [](Call& c) { c.backend.node_fence(c.name, done_of(c)); }},
    {"POST", "/v1/nodes/*/confirm-off", post_confirm_off},
    {"POST", "/v1/nodes/*/mode", post_mode},
    {"GET", "/v1/groups", [](Call& c) { get_part(c, "groups"); }},
    {"GET", "/v1/groups/*", [](Call& c) { get_one(c, "groups", "group"); }},
    {"GET", "/v1/groups/*/explain",
     [](Call& c) { c.reply(json_reply(render(c.backend.explain(c.name)))); }},
    {"POST", "/v1/groups/*/start", post_group_start},
    {"POST", "/v1/groups/*/stop", post_group_stop},
    {"POST", "/v1/groups/*/move", post_group_move},
    {"POST", "/v1/groups/*/failover", post_group_failover},
    {"POST", "/v1/groups/*/restart", post_group_restart},
    {"POST", "/v1/groups/*/freeze", post_group_freeze},
    {"POST", "/v1/groups/*/thaw", post_group_thaw},
    {"POST", "/v1/groups/*/clear",
     [](Call& c) { c.backend.group_clear(c.name, text_in(c, "node"), done_of(c)); }},
    {"POST", "/v1/resources/*/start", post_resource_start},
    {"POST", "/v1/resources/*/stop", post_resource_stop},
    {"POST", "/v1/resources/*/restart", post_resource_restart},
    {"POST", "/v1/nodes/*/reboots/reset",
     [](Call& c) { c.backend.reboots_reset(c.name, done_of(c)); }},
    {"POST", "/v1/timeout_ratio", post_timeout_ratio},
    {"GET", "/v1/monitors", [](Call& c) { get_part(c, "monitors"); }},
    {"POST", "/v1/monitors/*/pause",
     [](Call& c) { c.backend.monitor_pause(c.name, true, time_in(c, "for"), done_of(c)); }},
    {"POST", "/v1/monitors/*/resume",
     [](Call& c) { c.backend.monitor_pause(c.name, false, {}, done_of(c)); }},
    {"POST", "/v1/monitors/*/inject", post_monitor_inject},
    {"POST", "/v1/monitors/pause",
     [](Call& c) { c.backend.monitor_pause("", true, time_in(c, "for"), done_of(c)); }},
    {"POST", "/v1/monitors/resume",
     [](Call& c) { c.backend.monitor_pause("", false, {}, done_of(c)); }},
    {"GET", "/v1/events", get_events},
    {"GET", "/v1/config", [](Call& c) { c.reply({200, c.backend.config_text()}); }},
    {"GET", "/v1/config/safety",
     [](Call& c) { c.reply(json_reply({{"groups", render(c.backend.config_safety())}})); }},
    {"POST", "/v1/config/check", post_config_check, true},
    {"POST", "/v1/config/apply", post_config_apply, true},
    {"POST", "/v1/config/confirm", [](Call& c) { c.backend.config_confirm(done_of(c)); }},
    {"POST", "/v1/config/revert", [](Call& c) { c.backend.config_revert(done_of(c)); }},
    {"POST", "/v1/simulate", post_simulate},
    {"POST", "/v1/cluster/order", post_order},
    {"POST", "/v1/nodes/*/order", post_order},
    {"POST", "/v1/cluster/suspend",
     [](Call& c) { c.backend.cluster_suspend(true, done_of(c)); }},
    {"POST", "/v1/cluster/resume",
     [](Call& c) { c.backend.cluster_suspend(false, done_of(c)); }},
    {"POST", "/v1/cluster/init", [](Call& c) { c.backend.cluster_init(done_of(c)); }},
    {"POST", "/v1/cluster/go_alone", post_go_alone},
    {"POST", "/v1/cluster/recover", post_recover},
    {"POST", "/v1/witness/renew", [](Call& c) { c.backend.witness_renew(done_of(c)); }},
};

std::vector<std::string_view> parts_of(std::string_view path) {
    return plugin::split_list(path, '/');
}

bool matches(const Route& route, const std::vector<std::string_view>& parts, std::string& name) {
    const auto wanted = parts_of(route.path);
    if (wanted.size() != parts.size()) return false;
    for (std::size_t i = 0; i < parts.size(); i++)
        if (wanted[i] != "*" && wanted[i] != parts[i]) return false;
    for (std::size_t i = 0; i < parts.size(); i++)
        if (wanted[i] == "*") name = parts[i];
    return true;
}

/// An empty body is an empty object.
Json parse_body(const std::string& text) {
    if (text.find_first_not_of(" \t\r\n") == text.npos) return Json::object();
    auto body = Json::parse(text, nullptr, false);
    if (!body.is_object()) throw Error(ErrorCode::invalid, "the body must be a JSON object");
    return body;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool decode(std::string_view text, std::string& out) {
    out.clear();
    for (std::size_t i = 0; i < text.size(); i++) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return false;
        const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0 || (high == 0 && low == 0)) return false;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return true;
}

}  // namespace

bool parse_target(const std::string& target, ApiRequest& request) {
    const auto question = target.find('?');
    if (!target.starts_with("/") || !decode(std::string_view(target).substr(0, question),
                                            request.path))
        return false;
    if (question == target.npos) return true;
    for (const auto part : plugin::split_list(std::string_view(target).substr(question + 1), '&')) {
        const auto equals = part.find('=');
        std::string name, value;
        if (!decode(part.substr(0, equals), name)) return false;
        if (equals != part.npos && !decode(part.substr(equals + 1), value)) return false;
        request.query[name] = value;
    }
    return true;
}

ApiReply error_reply(ErrorCode code, const std::string& message) {
    switch (code) {
        case ErrorCode::invalid: return error_reply(400, "invalid", message);
        case ErrorCode::not_found: return error_reply(404, "not_found", message);
        case ErrorCode::refused: return error_reply(409, "refused", message);
        case ErrorCode::unavailable: return error_reply(503, "unavailable", message);
        case ErrorCode::timed_out: return error_reply(504, "timed_out", message);
        case ErrorCode::limit: return error_reply(429, "limit", message);
        case ErrorCode::corrupt: return error_reply(500, "corrupt", message);
        case ErrorCode::io: return error_reply(500, "io", message);
    }
    return error_reply(500, "io", message);
}

ApiReply error_reply(unsigned status, const std::string& code, const std::string& message) {
    return {status, to_text(render_error(code, message))};
}

void handle(Backend& backend, const ApiRequest& request, OnReply reply) {
    const auto parts = parts_of(request.path);
    bool is_known_path = false;
    for (const auto& route : k_routes) {
        Call call{backend, request, {}, Json::object(), reply};
        if (!matches(route, parts, call.name)) continue;
        is_known_path = true;
        if (request.method != route.method) continue;
        try {
            if (!route.is_raw) call.body = parse_body(request.body);
            route.handler(call);
        } catch (const Error& error) {
            reply(error_reply(error.code(), error.what()));
        }
        return;
    }
    if (is_known_path)
        reply(error_reply(405, "invalid", request.path + " does not take " + request.method));
    else
        reply(error_reply(404, "not_found", "there is no " + request.path + " in this interface"));
}

}  // namespace ha::admin
