// Options of a cluster handle: named fields, each with a default that suits a daemon.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ha/notice.hpp"

namespace ha {

struct Options {
    /// The configuration: its text, or the file that holds it. With both, the file's name is used
    /// in errors only.
    std::string config_text;
    std::string config_file;
    /// Which node of the configuration this is.
    std::string node;
    /// The cluster's keys; the file must have mode 0600.
    std::string key_file;
    /// What has to survive a power cut, of this node alone. Empty: /var/lib/ha/CLUSTER-NODE.
    std::string state_directory;
    /// What ends with the boot. Empty: /run/ha/CLUSTER-NODE.
    std::string run_directory;
    /// Every *.so in these is loaded; one that cannot be is told of and left out.
    std::vector<std::string> plugin_directories;

    /// Try real-time priority for the threads that send heartbeats and store, and a favoured one
    /// for plugin calls.
    bool is_realtime = true;
    /// Try to lock the memory of this whole process; for programs that are nothing but a daemon.
    bool is_memory_locked = false;
    /// Make settings of this whole process that save memory, also for programs that are nothing but
    /// a daemon: one heap for all threads, and OpenSSL's errors as codes without their texts.
    bool is_memory_saved = false;
    /// on_final_action carries out reboots and power-offs; without it they are not asked for.
    bool may_reboot = true;
    /// Path of ha-guard, the process that makes resources harmless at the lease's end when this one
    /// is stopped or dead. Empty: none, and two owners are possible while this process is stopped.
    std::string guard;
    /// A device that resets this machine when ha-guard, which holds it, no longer feeds it:
    /// /dev/watchdog. It is fed while the lease runs, and armed while a group whose resources
    /// require fencing is here. Empty: none. Needs `guard`.
    std::string watchdog;
    /// After so long without being fed it resets; asked of the device.
    std::chrono::nanoseconds watchdog_timeout = std::chrono::seconds(10);
    /// Where the device can: so long before the reset the kernel says what it sees. 0: not.
    std::chrono::nanoseconds watchdog_pretimeout{0};
    /// Armed while any group is here.
    bool is_self_fence_always = false;
    /// Threads for plugin calls that block; what hangs occupies one for as long as it does.
    std::size_t worker_threads_max = 256;
    /// A callback that does not return for so long is told of as an event.
    std::chrono::nanoseconds callback_slow = std::chrono::seconds(1);
    /// So long stop() and the destructor wait for the callback that runs. One that takes longer is
    /// let go with its thread, and what it uses has to live on; those behind it are not called.
    std::chrono::nanoseconds callback_grace = std::chrono::seconds(10);
    /// The flight recorder: every input of this node's engine, from which `hactl replay` rebuilds
    /// what it decided, byte for byte. Keys are never in it; secrets in the configuration are.
    bool is_recorded = true;
    /// Where the recordings of this node are kept. Empty: recordings/ in the state directory.
    std::string record_directory;
    /// Of all of them; the oldest make room for the newest. At least a mebibyte.
    std::uint64_t record_bytes_max = std::uint64_t{64} << 20;
    /// Rolling upgrades: this node takes part as software that knows versions up to this one would,
    /// and so keeps the cluster from being raised above it. 0: all that the library knows.
    std::uint16_t hold_version = 0;
    /// Tests only: the boot id of a machine that is "rebooted" without being so.
    std::string boot_id;

    // Called one at a time on a thread of their own; blocking delays other callbacks and nothing
    // else. Each may be empty.
    OnNotice on_notice;
    OnLog on_log;
    OnFinalAction on_final_action;
    OnOrder on_order;
    OnStopped on_stopped;
};

}  // namespace ha
