// Log: lines on standard error.
#include "log.hpp"

#include <unistd.h>

#include <cstdlib>
#include <ctime>

namespace had {

namespace {

bool g_is_verbose = false;
bool g_is_journal = false;

const char* word_of(Level level) {
    switch (level) {
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::notice: return "notice";
        case Level::warning: return "warning";
        case Level::error: return "error";
        case Level::alert: return "ALERT";
    }
    return "";
}

Level level_of(const std::string& severity) {
    for (const auto level : {Level::debug, Level::info, Level::notice, Level::warning, Level::error})
        if (severity == word_of(level)) return level;
    return Level::alert;
}

std::string time_text() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    tm parts{};
    ::localtime_r(&now.tv_sec, &parts);
    char text[64];
    const auto size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    const auto ms = std::to_string(1000 + now.tv_nsec / 1'000'000).substr(1);
    return std::string(text, size) + "." + ms;
}

}  // namespace

void init_log(bool is_verbose) {
    g_is_verbose = is_verbose;
    g_is_journal = std::getenv("JOURNAL_STREAM") != nullptr;
}

void log(Level level, const std::string& text) {
    if (level == Level::debug && !g_is_verbose) return;
    std::string line = g_is_journal
                           ? "<" + std::to_string(static_cast<int>(level)) + ">"
                           : time_text() + " " + word_of(level) + " ";
    for (const char c : text) line += c == '\n' ? ' ' : c;
    line += '\n';
    // One write for one line, so that lines of several threads do not mix. A log that cannot be
    // written is no reason to stop the node.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

void log(const ha::Notice& notice) {
    auto text = notice.name + (notice.object.empty() ? "" : " " + notice.object);
    for (const auto& [name, value] : notice.parameters) text += " " + name + "=" + value;
    log(level_of(notice.severity), text);
}

}  // namespace had
