// Cgroup: one of our own for a resource, so that nothing it starts can escape, by daemonising or
// otherwise. Used where the system lets us (cgroup v2, writable); without it the session is all
// that is known.
#pragma once

#include <optional>
#include <string>

#include "support/process/file.hpp"

namespace ha::support {

class Cgroup {
   public:
    /// Opens or creates `name` below the cgroup that this process is in. Nothing when the system
    /// does not let us.
    static std::optional<Cgroup> open_or_create(const std::string& name);
    /// The one at this path, when it is still there.
    static std::optional<Cgroup> open(const std::string& path);

    const std::string& path() const { return path_; }
    /// For SpawnRequest.
    int procs_fd() const { return procs_.get(); }
    /// Whoever writes "1" to it kills all processes of the cgroup; ENODEV when it is gone.
    int kill_fd() const { return kill_.get(); }
    /// Kills all processes in it, also those that are just being born. Bounded, waits for nothing.
    bool kill_all() const;
    /// Some process of it lives.
    bool is_populated() const;
    /// Gone afterwards, if it is empty.
    void remove();

   private:
    std::string path_;
    Fd procs_;
    Fd kill_;
    Fd events_;
};

}  // namespace ha::support
