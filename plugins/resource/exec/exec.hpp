// exec: a command or a process of the user's as a resource.
//
// What it keeps in its state directory, so that a restarted host finds its work again:
//   process   record of the process of an async resource (the same that pidw reads)
//   command   record of the start or stop command under way; one that an earlier
//             host left behind is ended first
//   started   a sync resource was started: boot id and epoch
//   cgroup    path of the cgroup of all that was started, where the system lets us have one
//
// Invariants: 1. at most one process and one command of a resource run. 2. A number is signalled
// only when it has just been verified to be ours. 3. stop succeeds only when nothing of it lives
// that we can see: the process with its session, or the whole cgroup. 4. sever waits for nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "ha/plugin.hpp"
#include "plan.hpp"
#include "support/process/cgroup.hpp"
#include "support/process/session.hpp"
#include "support/process/spawn.hpp"
#include "type.hpp"

namespace ha::exec {

class Exec final : public plugin::Resource {
   public:
    static constexpr plugin::TypeInfo k_type = exec::k_type;

    explicit Exec(const plugin::Context& context);

    void start(const plugin::Operation& operation) override;
    void stop(const plugin::Operation& operation) override;
    plugin::Status probe(const plugin::Operation& operation) override;
    void sever(const plugin::Operation& operation) override;
    /// Exclusive where a command of the user's tells whether the service runs.
    const void* get_extension(const char* id) noexcept override;

   private:
    /// A process that we may signal.
    struct Running {
        support::ProcessIdentity identity;
        support::Fd process;
    };

    std::string state_path(const char* file) const { return state_directory_ + "/" + file; }
    bool is_normal(const support::Ending& ending) const;
    bool is_async() const { return settings_.mode == Mode::async; }

    Running spawn(const std::string& command, const char* record,
                  const plugin::Operation& operation);
    /// Runs a command to its end, or ends it when `budget` is over or the operation is cancelled.
    support::Ending run_command(const std::string& command, std::chrono::nanoseconds budget,
                                const plugin::Operation& operation);
    void start_async(const plugin::Operation& operation);
    void run_stop_command(const plugin::Operation& operation);
    void stop_process(const plugin::Operation& operation);
    void end_leftover_command(const plugin::Operation& operation);
    void end_cgroup(const plugin::Operation& operation);
    plugin::Status probe_process(const plugin::Operation& operation);
    plugin::Status probe_sync(const plugin::Operation& operation);

    void adopt();
    void open_cgroup();
    /// What severs, for whoever does it when this process cannot: before anything is spawned where
    /// there is a cgroup, else as soon as there is a process.
    void hand_over() const;
    bool hold(std::optional<Running>& place, Running running, std::uint64_t severed_before);
    void drop(std::optional<Running>& place, const char* record);
    std::optional<support::Ending> see_end_of_process();
    /// Waits for all of the process's session to end by itself.
    bool wait_for_session(const Running& running, std::chrono::nanoseconds timeout,
                          const plugin::Operation& operation);

    plugin::Host host_;
    Settings settings_;
    Names names_;
    std::string state_directory_;

    /// Guards what follows against sever, which comes from another thread; held for a few system
    /// calls at most. Only the thread of the operation changes it.
    std::mutex running_mutex_;
    std::optional<Running> process_;
    std::optional<Running> command_;
    std::optional<support::Cgroup> cgroup_;
    bool has_adopted_ = false;
    bool has_handed_over_ = false;  ///< by a probe
    std::uint64_t severed_count_ = 0;

    std::string last_ending_;  // of the process, once it has been seen to end
};

}  // namespace ha::exec
