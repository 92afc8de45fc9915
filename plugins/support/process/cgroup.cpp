// Cgroup: one of our own for a resource.
#include "support/process/cgroup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "ha/plugin/failure.hpp"
#include "ha/plugin/values.hpp"

namespace ha::support {
namespace {

using plugin::split_list;

/// Where cgroup v2 is mounted as a whole; empty when it is not.
std::string find_mount_point() {
    const auto table = read_file("/proc/self/mountinfo", 4 * 1024 * 1024);
    if (!table) return {};
    for (auto line : split_list(*table)) {
        const auto words = split_list(line, ' ');
        const auto dash = line.find(" - cgroup2 ");
        constexpr std::size_t k_root = 3, k_point = 4;
        if (dash != std::string_view::npos && words.size() > k_point && words[k_root] == "/")
            return std::string(words[k_point]);
    }
    return {};
}

/// The directory of the cgroup that this process is in; empty when there is none.
std::string find_own() {
    const std::string mount_point = find_mount_point();
    const auto table = read_file("/proc/self/cgroup");
    if (mount_point.empty() || !table) return {};
    for (auto line : split_list(*table))
        if (line.starts_with("0::/"))
            return mount_point + (line == "0::/" ? "" : std::string(line.substr(3)));
    return {};
}

}  // namespace

std::optional<Cgroup> Cgroup::open(const std::string& path) {
    Cgroup out;
    out.path_ = path;
    const auto open_one = [&](const char* file, int mode) {
        return Fd(::open((path + "/" + file).c_str(), mode | O_CLOEXEC));
    };
    out.procs_ = open_one("cgroup.procs", O_WRONLY);
    out.kill_ = open_one("cgroup.kill", O_WRONLY);
    out.events_ = open_one("cgroup.events", O_RDONLY);
    if (!out.procs_ || !out.kill_ || !out.events_) return {};
    return out;
}

std::optional<Cgroup> Cgroup::open_or_create(const std::string& name) {
    std::string own;
    try {
        own = find_own();
    } catch (const plugin::Error&) {
        return {};  // no /proc to read it from: then there is none for us
    }
    if (own.empty()) return {};
    const std::string path = own + "/" + name;
    if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return {};
    return open(path);
}

bool Cgroup::kill_all() const { return pwrite(kill_.get(), "1", 1, 0) == 1; }

bool Cgroup::is_populated() const {
    char text[256];
    const ssize_t size = pread(events_.get(), text, sizeof(text), 0);
    if (size <= 0) return false;  // removed under us: then nothing is in it
    return std::string_view(text, static_cast<std::size_t>(size)).find("populated 1") !=
           std::string_view::npos;
}

void Cgroup::remove() { rmdir(path_.c_str()); }

}  // namespace ha::support
