// What an earlier process left running, as it was described when it was started.
#include "engine/held.hpp"

#include "model/apply.hpp"
#include "model/codec.hpp"

namespace ha::engine {
namespace {

void note(const Start& start, const model::ClusterState& state,
          std::map<GroupId, model::GroupSpec>& out) {
    for (const auto& held : start.held) {
        const auto record = state.groups.find(held.group);
        if (record == state.groups.end() || record->second.epoch != held.epoch) continue;
        if (const auto* spec = model::find_group(state.spec, held.group)) out[held.group] = *spec;
    }
}

}  // namespace

std::map<GroupId, model::GroupSpec> held_specs(const Start& start, model::ClusterState state) {
    std::map<GroupId, model::GroupSpec> out;
    if (start.held.empty()) return out;
    note(start, state, out);
    for (const auto& entry : start.store.entries) {
        if (entry.kind != wire::EntryKind::commands) continue;
        const auto commands = model::decode_commands(entry.payload, start.version_max);
        if (!commands) break;
        for (const auto& command : *commands) {
            model::apply(state, {entry.index, entry.term}, command);
            note(start, state, out);
        }
    }
    return out;
}

}  // namespace ha::engine
