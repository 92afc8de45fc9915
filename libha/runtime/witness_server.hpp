// The witness as a server: many clusters behind one or more UDP addresses (safety.md F10).
//
// Which cluster a datagram belongs to is told by its key: a hello names the number of its key, and
// proves that it has it; from then on its source address stands for the cluster. Nobody without a
// key of one of the clusters gets an answer, or a byte of memory.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace ha::runtime {

struct WitnessServerOptions {
    std::string state_directory;
    /// "192.0.2.9:29003"; several are allowed.
    std::vector<std::string> listen;
    /// One key file for each cluster, NAME.key, mode 0600.
    std::string key_directory;
    /// Keeps no sealed copies: a node that is behind then waits for the other (safety.md D6).
    bool is_light = false;
    /// Datagrams a second from one cluster; what is above is dropped.
    std::uint32_t rate_max = 2000;
    /// Of all sealed copies together; a cluster that finds no room is served light.
    std::uint64_t kept_bytes_max = 256 * 1024 * 1024;
    bool is_realtime = false;
};

struct WitnessClusterStatus {
    std::string name;
    ClusterId cluster;             ///< none: nobody has asked yet
    Term term;
    LogIndex last;
    std::uint64_t kept_bytes = 0;
    std::uint64_t requests = 0;
    std::uint64_t dropped = 0;     ///< above the rate
    std::size_t nodes = 0;
    NodeId leader;                 ///< as last heard; none: nobody says that it leads
    Duration heard_ago{0};         ///< max: never
};

struct WitnessServerStatus {
    std::vector<WitnessClusterStatus> clusters;
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t refused = 0;     ///< of no cluster, or not genuine
    std::uint64_t syncs = 0;
    std::uint64_t kept_bytes = 0;
    std::string failed;            ///< the disk: nothing is acknowledged any more
};

class WitnessServer {
   public:
    using Log = std::function<void(int severity, const std::string& text)>;

    /// Reads state and keys, binds the addresses, makes the threads. `log` is called on any thread.
    static Result<std::unique_ptr<WitnessServer>> start(WitnessServerOptions options, Log log);
    ~WitnessServer();

    /// Reads the directory of keys anew: clusters come, go, and change their keys.
    void reload_keys();
    Result<WitnessServerStatus> status(Duration timeout = 5s);

   private:
    struct Impl;
    explicit WitnessServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ha::runtime
