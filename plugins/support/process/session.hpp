// Session: a spawned process with all that it started in its session: wait, signal, verify gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ha/plugin/operation.hpp"
#include "support/process/identity.hpp"

namespace ha::support {

/// How a process ended.
struct Ending {
    bool is_known = false;  ///< false: it was not our child, so nobody told us
    bool is_signal = false;
    int number = 0;  ///< exit code or signal
};
std::string to_string(const Ending& ending);

enum class Waited { ended, timed_out, cancelled };

/// Until the process has ended, `timeout` is over, or the operation is cancelled. No polling when
/// the host offers a cancel descriptor.
Waited wait_for_end(int process, std::chrono::nanoseconds timeout,
                    const plugin::Operation* operation);

bool has_ended(int process);

/// Takes the ending of a child that has ended; it is gone from the process table after this.
Ending reap_ended(int process);

/// To the process itself. False when it is gone.
bool signal_process(int process, int signal_number);

/// Processes of the leader's session or process group that are not dead. Correct also after the
/// leader is gone: the kernel does not give its number away while a member lives.
std::vector<ProcessStat> list_session(const ProcessIdentity& leader);

/// Sends to the whole process group. Only while `process`, its leader, is not reaped.
void signal_group(const ProcessIdentity& leader, int process, int signal_number);

/// SIGKILL to all of the session, until none is left or `timeout` is over; reaps the leader when it
/// is our child. True when verified: nothing of it lives.
bool kill_session(const ProcessIdentity& leader, int process, std::chrono::nanoseconds timeout,
                  Ending* ending = nullptr);

}  // namespace ha::support
