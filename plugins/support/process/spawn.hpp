// Spawn: starts a program with nothing inherited that it should not have.
//
// The child shares our memory until it executes (like vfork), so a daemon with much locked memory
// spawns in constant time and no other thread's lock is ever held twice; it makes only system calls
// meanwhile. It gets: default signal handlers and an empty mask (whatever this process masks), a
// session and process group of its own, no descriptor above 2, normal scheduling and OOM score even
// under a real-time host, and, when asked, another user and a cgroup. Its record is written by
// itself before it executes: a daemon that dies at any moment finds it again.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "support/process/file.hpp"
#include "support/process/identity.hpp"

namespace ha::support {

struct Credentials {
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups;
    std::string home;
    std::string name;
};

/// "name", "name:group", or numbers. Throws Error{invalid} that says what is missing.
Credentials find_credentials(const std::string& user);

struct SpawnRequest {
    std::vector<std::string> arguments;    ///< the first is the path of the program
    std::vector<std::string> environment;  ///< "NAME=value"; all of it
    std::string working_directory = "/";
    std::string record_path;  ///< empty: none is written
    int input_fd = -1;        ///< standard input; -1: nothing
    int output_fd = -1;       ///< standard output and error; -1: to nowhere
    int error_fd = -1;        ///< standard error, when it goes elsewhere
    int cgroup_fd = -1;       ///< cgroup.procs to enter; -1: stays in ours
    std::optional<Credentials> credentials;
    /// It dies with the thread that starts it, which has to wait for it.
    bool dies_with_us = false;
    /// The kernel ends it after this long, even when nobody of ours can; 0: never.
    std::chrono::milliseconds life_max{0};
};

struct Spawned {
    ProcessIdentity identity;
    Fd process;  ///< a pidfd
};

/// Throws when the program could not be executed; then nothing is left of it.
Spawned spawn(const SpawnRequest& request);

}  // namespace ha::support
