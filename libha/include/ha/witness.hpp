// Witness: a vote for clusters whose nodes are elsewhere, as one object (had --witness).
//
// It runs no groups and reads nothing of a cluster: it keeps one small record for each, and,
// sealed, what a node needs that was away while the other one decided alone. Failures are thrown as
// ha::Error.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ha/error.hpp"

namespace ha {

struct WitnessOptions {
    std::string state_directory;
    /// "192.0.2.9:29003", "[2001:db8::9]:29003"; several are allowed.
    std::vector<std::string> listen;
    /// One key file for each cluster, NAME.key, mode 0600: the file that its nodes have.
    std::string key_directory;
    /// Keeps no sealed copies. A node that is behind then waits for the one that is not.
    bool is_light = false;
    /// Datagrams a second taken from one cluster.
    std::uint32_t rate_max = 2000;
    /// Bound of all sealed copies together; a cluster that finds no room is served without one.
    std::uint64_t kept_bytes_max = 256 * 1024 * 1024;
    /// Try real-time priority for the thread that answers.
    bool is_realtime = true;
    /// Called on any thread; severity: 0 debug, 1 info, 2 warning, 3 error.
    std::function<void(int severity, const std::string& text)> on_log;
};

struct WitnessClusterStatus {
    std::string name;              ///< of the key file
    std::string cluster_id;        ///< empty: nobody has asked yet
    std::uint64_t term = 0;
    std::uint64_t last = 0;        ///< the newest entry that it acknowledged
    std::uint64_t kept_bytes = 0;
    std::uint64_t requests = 0;
    std::uint64_t dropped = 0;     ///< above the rate
    std::uint32_t nodes = 0;
    std::uint32_t leader = 0;      ///< number of the node that says that it leads; 0: none
    std::chrono::nanoseconds heard_ago{0};  ///< max(): never
};

struct WitnessStatus {
    std::vector<WitnessClusterStatus> clusters;
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t refused = 0;     ///< datagrams of no cluster, or not genuine
    std::uint64_t syncs = 0;       ///< writes to the disk
    std::uint64_t kept_bytes = 0;
    std::string failed;            ///< why nothing is acknowledged any more; empty: all is well
};

class Witness {
   public:
    /// Reads state and keys, binds its addresses, and serves until it is destroyed.
    explicit Witness(WitnessOptions options);
    ~Witness();
    Witness(const Witness&) = delete;
    Witness& operator=(const Witness&) = delete;

    /// Reads the directory of keys anew: clusters come, go, and change their keys.
    void reload_keys();
    WitnessStatus status() const;

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ha
