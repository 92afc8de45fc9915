// The document of a history that was given up.
#include "api/fork_file.hpp"

#include <unistd.h>

#include <ctime>
#include <fstream>

#include "config/write_history.hpp"

namespace ha {

namespace {

std::string time_text() {
    const auto now = std::time(nullptr);
    tm parts{};
    ::gmtime_r(&now, &parts);
    char text[32];
    return std::string(text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts));
}

}  // namespace

Result<std::string> write_fork(const std::string& directory, NodeId self,
                               const engine::ForkSaved& fork) {
    const auto time = time_text();
    auto path = directory + "/fork-" + time + ".json";
    for (int n = 2; ::access(path.c_str(), F_OK) == 0; n++)  // nothing that was saved is lost
        path = directory + "/fork-" + time + "-" + std::to_string(n) + ".json";
    std::ofstream file(path, std::ios::trunc);
    file << config::write_history(fork.state, {time, self, fork.kept_by, fork.ours, fork.theirs});
    file.close();
    if (!file) return failure(FailureCode::io, "cannot write " + path);
    return path;
}

}  // namespace ha
