// Commands for the configuration. A file is checked by the daemon, which knows the plugins, and by
// this program itself when there is none.
#include <fstream>
#include <iterator>
#include <thread>

#include "config/load.hpp"
#include "config/schema.hpp"
#include "config/timing.hpp"
#include "show.hpp"

namespace hactl {

namespace {

constexpr std::size_t k_limit_file_bytes = 4 * 1024 * 1024;

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(in), {});
    if (!in.is_open() || in.bad() || (text.empty() && in.fail()))
        throw Refused(400, "the file " + path + " cannot be read");
    if (text.size() > k_limit_file_bytes)
        throw Refused(400, "the file " + path + " has more than " +
                               std::to_string(k_limit_file_bytes) + " bytes");
    return text;
}

Json list_of(const std::vector<ha::config::Problem>& problems) {
    auto out = Json::array();
    for (const auto& one : problems)
        out.push_back({{"line", one.place.line},
                       {"column", one.place.column},
                       {"path", one.path},
                       {"text", one.text}});
    return out;
}

Json check_here(const std::string& text, const std::string& file) {
    ha::config::LoadOptions options;
    options.file = file;
    const auto loaded = ha::config::load_document(text, options);
    auto timing = Json::array();
    if (loaded.spec) {
        for (const auto& rule : ha::config::timing_rules(*loaded.spec))
            timing.push_back(rule.text);
        timing.push_back(ha::config::takeover_text(loaded.spec->timing));
    }
    return {{"ok", loaded.errors.empty()},
            {"errors", list_of(loaded.errors)},
            {"warnings", list_of(loaded.warnings)},
            {"timing", std::move(timing)},
            {"plan", nullptr},
            {"safety", loaded.spec ? safety_of(*loaded.spec) : Json::array()}};
}

std::string line_of(const Json& problem, const std::string& file) {
    auto out = file + ":" + std::to_string(problem.value("line", 0)) + ":" +
               std::to_string(problem.value("column", 0)) + ": ";
    if (const auto path = problem.value("path", std::string()); !path.empty()) out += path + ": ";
    return printable(out + problem.value("text", std::string()));
}

void show_report(Context& c, const Json& report, const std::string& file) {
    for (const auto& one : report.at("errors"))
        c.out << c.paint(Colour::bad, "error: ") << line_of(one, file) << "\n";
    for (const auto& one : report.at("warnings"))
        c.out << c.paint(Colour::busy, "warning: ") << line_of(one, file) << "\n";
    for (const auto& one : report.at("timing")) c.out << "  " << one.get<std::string>() << "\n";
    c.out << show_safety_briefly(report.value("safety", Json::array()), c.paint)
          << show_plan(report.value("plan", Json()), c.paint);
    const auto count = report.at("errors").size();
    if (count == 0)
        c.out << c.paint(Colour::good, file + " is right") << "\n";
    else
        c.out << file << " has " << count << (count == 1 ? " error" : " errors") << "\n";
}

}  // namespace

namespace {

/// By the daemon, or here when there is none.
Json check(Context& c, const std::string& file) {
    const auto text = read_file(file);
    Json report;
    bool is_by_daemon = true;
    try {
        report = c.request("POST", "/v1/config/check?name=" + escape(file), text);
    } catch (const Unreachable&) {
        is_by_daemon = false;
        report = check_here(text, file);
    }
    report["parameters_checked"] = is_by_daemon;
    return report;
}

}  // namespace

int config_safety_command(Context& c) {
    Json groups;
    if (c.arguments.words.empty()) {
        groups = c.get("/v1/config/safety").value("groups", Json::array());
    } else {
        const auto report = check(c, c.arguments.words[0]);
        if (!report.value("ok", false)) {
            show_report(c, report, c.arguments.words[0]);
            return k_exit_refused;
        }
        groups = report.value("safety", Json::array());
    }
    if (c.arguments.is_json)
        c.out << Json({{"groups", groups}}).dump(2) << "\n";
    else
        c.out << show_safety(groups, c.paint);
    return k_exit_ok;
}

int config_check_command(Context& c) {
    const auto& file = c.arguments.words[0];
    const auto report = check(c, file);
    const bool is_by_daemon = report.value("parameters_checked", false);
    if (c.arguments.is_json) {
        c.out << report.dump(2) << "\n";
    } else {
        show_report(c, report, file);
        if (!is_by_daemon)
            c.out << c.paint(Colour::dim, "no daemon answers, so types and their parameters were "
                                          "not checked")
                  << "\n";
    }
    return report.value("ok", false) ? k_exit_ok : k_exit_refused;
}

namespace {

/// A change that stops groups first ends when they have stopped, or is given up.
int wait_for_change(Context& c, std::uint64_t revision_before) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + c.arguments.timeout;
    bool was_changing = false;
    std::string told;
    for (;;) {
        const auto status = c.get("/v1/status");
        const auto& config = status.value("config", Json::object());
        const bool is_changing = is_set(config, "changing");
        const auto revision = config.value("revision", std::uint64_t{0});
        if (!is_changing && revision > revision_before) {
            c.out << "configuration " << revision << " is in force\n";
            return k_exit_ok;
        }
        if (!is_changing && was_changing) {
            c.err << "hactl: the change was given up; configuration " << revision << " stays\n";
            return k_exit_failed;
        }
        was_changing = was_changing || is_changing;
        const auto waits = join(config.value("waits_for", Json::array()));
        if (is_changing && waits != told)
            c.out << "waits until these have stopped: " << waits << "\n" << std::flush;
        told = waits;
        if (Clock::now() >= end) {
            c.err << "hactl: it is not in force yet, and goes on; 'hactl config revert' gives it "
                     "up\n";
            return k_exit_timed_out;
        }
        std::this_thread::sleep_for(k_look_interval);
    }
}

int apply(Context& c, const std::string& file) {
    const auto text = read_file(file);
    auto target = "/v1/config/apply?name=" + escape(file);
    if (!c.arguments.confirm_within.empty())
        target += "&confirm_within=" + escape(c.arguments.confirm_within);
    if (c.arguments.may_stop_groups) target += "&stop_groups=true";
    Json plan;
    if (!c.arguments.is_json) {
        const auto report = c.request("POST", "/v1/config/check?name=" + escape(file), text);
        plan = report.value("plan", Json());
        c.out << show_plan(plan, c.paint) << std::flush;
    }
    const auto code = c.say(c.request("POST", target, text));
    if (c.arguments.is_json) return code;
    if (!c.arguments.confirm_within.empty())
        c.out << "'hactl config confirm' keeps it; without that the one before returns\n";
    const bool is_in_steps =
        plan.is_object() && !plan.value("stopped", Json::array()).empty() && c.arguments.is_waiting;
    return is_in_steps ? wait_for_change(c, plan.value("revision", std::uint64_t{0})) : code;
}

}  // namespace

int config_confirm_command(Context& c) { return c.say(c.post("/v1/config/confirm")); }
int config_revert_command(Context& c) { return c.say(c.post("/v1/config/revert")); }

int config_apply_command(Context& c) {
    const auto& file = c.arguments.words[0];
    try {
        return apply(c, file);
    } catch (const Refused& refused) {
        if (!c.arguments.is_json && refused.json.is_object() && refused.json.contains("report"))
            show_report(c, refused.json.at("report"), file);
        throw;
    }
}

int config_show_command(Context& c) {
    c.out << c.get("/v1/config").dump(2) << "\n";  // JSON is what it is, for people too
    return k_exit_ok;
}

int config_schema_command(Context& c) {
    c.out << ha::config::json_schema();
    return k_exit_ok;
}

}  // namespace hactl
