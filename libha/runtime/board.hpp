// The board: what threads beside the engine's may know about leases and epochs, kept up to date by
// the engine's thread after every step.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "lifecycle/service.hpp"
#include "model/spec.hpp"

namespace ha::runtime {

/// All functions: any thread.
class Board {
   public:
    void set_lease_end(Instant end) { lease_end_ns_.store(end.ns, std::memory_order_release); }
    /// By our own clock; zero when none is held.
    Instant lease_end() const { return Instant{lease_end_ns_.load(std::memory_order_acquire)}; }

    void set_spec(const model::ClusterSpec& spec);
    void set_held(const std::vector<lifecycle::Held>& held);

    /// This node holds the group at exactly this epoch, and the lease that it needs still runs.
    bool is_epoch_valid(GroupId group, const Epoch& epoch, Instant at) const;
    bool is_epoch_valid(const std::string& group, const Epoch& epoch, Instant at) const;
    /// After this nothing of the group may be made active, as known now.
    Instant not_after(const std::string& group) const;
    GroupId find_group(const std::string& name) const;

    /// A resource that may run only under the lease, with the activation that is held.
    struct Leased {
        ResourceId resource;
        GroupId group;
        Epoch epoch;
    };
    /// None: unknown, needs no lease, or its group is not held.
    std::optional<Leased> find_leased(const std::string& resource) const;

   private:
    struct Group {
        GroupId id;
        bool needs_lease = true;
    };
    const Group* find(const std::string& name) const;  // with the mutex held

    std::atomic<std::int64_t> lease_end_ns_{0};
    mutable std::mutex mutex_;
    std::map<std::string, Group> groups_;
    std::map<std::string, Leased> leased_;  ///< by resource; without the epoch
    std::map<GroupId, Epoch> held_;
};

}  // namespace ha::runtime
