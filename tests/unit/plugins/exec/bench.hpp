// A bench for exec and pidw: real processes, a host that can be thrown away and made anew.
#pragma once

#include <doctest/doctest.h>
#include <signal.h>

#include <map>
#include <memory>
#include <string>

#include "exec.hpp"
#include "fake_host.hpp"
#include "pidw.hpp"
#include "support/process/identity.hpp"

namespace ha::test {

inline bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

using Parameters = std::map<std::string, std::string>;

struct Bench {
    Bench() {
        REQUIRE(registry.register_type(
            plugin::Entry<exec::Exec, pidw::ProcessMonitor>::factory(), "test"));
    }
    /// Whatever a test left is ended.
    ~Bench() {
        const auto path = support::read_file(directory.file("state/resource/app/cgroup"));
        auto cgroup = path ? support::Cgroup::open(*path) : std::nullopt;
        if (cgroup && cgroup->kill_all() &&
            wait_until([&] { return !cgroup->is_populated(); }))
            cgroup->remove();
        if (const auto identity = recorded()) kill(-identity->pid, SIGKILL);
    }

    std::unique_ptr<plugin::ResourceInstance> make(const Parameters& parameters) {
        auto made = registry.create_resource({.type = "exec",
                                              .name = "app",
                                              .group = "web",
                                              .node = "n1",
                                              .parameters = parameters,
                                              .state_root = directory.file("state")},
                                             services);
        REQUIRE(made);
        return std::move(*made);
    }
    std::unique_ptr<plugin::MonitorInstance> watch() {
        auto made = registry.create_monitor({.type = "pidw",
                                             .name = "watch",
                                             .node = "n1",
                                             .parameters = {{"resource", "app"}},
                                             .state_root = directory.file("state")},
                                            services);
        REQUIRE(made);
        return std::move(*made);
    }
    plugin::Call call(Duration timeout = k_test_deadline) { return call_with(services, timeout); }
    plugin::ProbeAnswer probe(plugin::ResourceInstance& instance) {
        auto answer = instance.probe(call());
        REQUIRE(answer);
        return *answer;
    }

    std::string record_path() const { return directory.file("state/resource/app/process"); }
    std::optional<support::ProcessIdentity> recorded() const {
        return support::read_record(record_path());
    }
    bool is_alive(pid_t pid) const {
        const auto stat = support::read_stat(pid);
        return stat && !stat->is_dead();
    }

    TemporaryDirectory directory;
    FakeServices services;
    plugin::Registry registry;
};

}  // namespace ha::test
