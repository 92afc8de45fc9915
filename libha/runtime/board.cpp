// Leases and epochs as other threads see them.
#include "runtime/board.hpp"

namespace ha::runtime {

void Board::set_spec(const model::ClusterSpec& spec) {
    std::lock_guard guard(mutex_);
    groups_.clear();
    leased_.clear();
    for (auto& group : spec.groups) {
        bool needs_lease = false;
        for (auto& resource : group.resources)
            needs_lease = needs_lease || resource.requirement != model::Requirement::nothing;
        groups_[group.name] = {group.id, needs_lease};
        if (!needs_lease) continue;
        for (auto& resource : group.resources)
            leased_[resource.name] = {resource.id, group.id, {}};
    }
}

void Board::set_held(const std::vector<lifecycle::Held>& held) {
    std::lock_guard guard(mutex_);
    held_.clear();
    for (auto& h : held) held_[h.group] = h.epoch;
}

const Board::Group* Board::find(const std::string& name) const {
    auto found = groups_.find(name);
    return found == groups_.end() ? nullptr : &found->second;
}

bool Board::is_epoch_valid(GroupId group, const Epoch& epoch, Instant at) const {
    std::lock_guard guard(mutex_);
    auto held = held_.find(group);
    if (!epoch || held == held_.end() || held->second != epoch) return false;
    for (auto& [name, g] : groups_)
        if (g.id == group) return !g.needs_lease || at < lease_end();
    return false;  // configured no more, so nothing says that it may run without a lease
}

bool Board::is_epoch_valid(const std::string& group, const Epoch& epoch, Instant at) const {
    GroupId id = find_group(group);
    return id && is_epoch_valid(id, epoch, at);
}

Instant Board::not_after(const std::string& group) const {
    std::lock_guard guard(mutex_);
    auto found = find(group);
    // A monitor that belongs to no group makes nothing active.
    if (group.empty() || (found != nullptr && !found->needs_lease)) return Instant::max();
    return lease_end();
}

std::optional<Board::Leased> Board::find_leased(const std::string& resource) const {
    std::lock_guard guard(mutex_);
    auto found = leased_.find(resource);
    if (found == leased_.end()) return std::nullopt;
    auto held = held_.find(found->second.group);
    if (held == held_.end()) return std::nullopt;
    auto out = found->second;
    out.epoch = held->second;
    return out;
}

GroupId Board::find_group(const std::string& name) const {
    std::lock_guard guard(mutex_);
    auto found = find(name);
    return found == nullptr ? GroupId{} : found->id;
}

}  // namespace ha::runtime
