// Carrying out the commands of checkpoint.hpp.
#include "base/limits.hpp"
#include "model/apply_operate.hpp"

namespace ha::model {

namespace {

/// A write of an activation that is over changes nothing, however late it comes.
std::string refusal_of_epoch(const ClusterState& state, GroupId group, const Epoch& epoch) {
    const auto found = state.groups.find(group);
    if (found == state.groups.end())
        return "group " + std::to_string(group.value) + " is not in the configuration";
    const auto name = "group " + name_of(state.spec, group);
    if (!found->second.owner) return name + " runs nowhere, so nobody writes its checkpoint";
    if (found->second.epoch == epoch) return {};
    return "the checkpoint of " + name + " is written by incarnation " +
           std::to_string(found->second.epoch.incarnation.value) + " on node " +
           name_of(state.spec, found->second.owner) + ", and this is of incarnation " +
           std::to_string(epoch.incarnation.value);
}

std::string refusal_of_version(const Checkpoint& checkpoint, const WriteSection& c) {
    if (!c.is_conditional) return {};
    const auto found = checkpoint.find(c.name);
    const auto version = found == checkpoint.end() ? SectionVersion{} : found->second.version;
    if (version == c.expected) return {};
    return "section " + c.name +
           (version ? " has version " + std::to_string(version.value) : " does not exist") +
           ", and was expected " +
           (c.expected ? "to have version " + std::to_string(c.expected.value)
                       : std::string("not to exist"));
}

std::string refusal_of_size(const ClusterState& state, const Checkpoint& checkpoint,
                            const WriteSection& c) {
    const auto limit = [](const std::string& what, std::size_t is, std::size_t most) {
        return what + " is " + std::to_string(is) + ", and at most " + std::to_string(most) +
               " is allowed";
    };
    if (c.name.empty()) return "a section needs a name";
    if (c.name.size() > k_limit_name_bytes)
        return limit("the length of a section's name", c.name.size(), k_limit_name_bytes);
    if (c.data.size() > k_limit_section_bytes)
        return limit("the size of section " + c.name, c.data.size(), k_limit_section_bytes);
    const auto old = checkpoint.find(c.name);
    if (old == checkpoint.end() && checkpoint.size() >= k_limit_sections)
        return limit("the number of sections", checkpoint.size() + 1, k_limit_sections);
    auto bytes = checkpoint_bytes(state) + c.name.size() + c.data.size();
    if (old != checkpoint.end()) bytes -= c.name.size() + old->second.data.size();
    if (bytes > k_limit_checkpoints_bytes)
        return limit("the size of all checkpoints", bytes, k_limit_checkpoints_bytes);
    return {};
}

}  // namespace

std::size_t checkpoint_bytes(const ClusterState& state) {
    std::size_t out = 0;
    for (const auto& [group, checkpoint] : state.checkpoints)
        for (const auto& [name, section] : checkpoint) out += name.size() + section.data.size();
    return out;
}

std::string refusal_of(const ClusterState& state, const WriteSection& c) {
    if (auto refusal = refusal_of_epoch(state, c.group, c.epoch); !refusal.empty()) return refusal;
    static const Checkpoint k_none;
    const auto found = state.checkpoints.find(c.group);
    const auto& checkpoint = found == state.checkpoints.end() ? k_none : found->second;
    if (auto refusal = refusal_of_version(checkpoint, c); !refusal.empty()) return refusal;
    return refusal_of_size(state, checkpoint, c);
}

std::string refusal_of(const ClusterState& state, const EraseSection& c) {
    if (auto refusal = refusal_of_epoch(state, c.group, c.epoch); !refusal.empty()) return refusal;
    const auto found = state.checkpoints.find(c.group);
    if (found != state.checkpoints.end() && found->second.contains(c.name)) return {};
    return "group " + name_of(state.spec, c.group) + " has no section " + c.name;
}

std::string operate(Operating& it, const WriteSection& c) {
    if (auto refusal = refusal_of(it.state, c); !refusal.empty()) return refusal;
    auto& newest = it.state.newest_section_version;
    newest = SectionVersion{newest.value + 1};
    it.state.checkpoints[c.group][c.name] = {newest, c.epoch, c.data};
    return {};
}

std::string operate(Operating& it, const EraseSection& c) {
    if (auto refusal = refusal_of(it.state, c); !refusal.empty()) return refusal;
    const auto found = it.state.checkpoints.find(c.group);
    found->second.erase(c.name);
    if (found->second.empty()) it.state.checkpoints.erase(found);
    return {};
}

}  // namespace ha::model
