// The document of a history that was given up.
#include "config/write_history.hpp"

#include <nlohmann/json.hpp>

#include "config/write.hpp"

namespace ha::config {

namespace {

using Json = nlohmann::ordered_json;

Json marks_of(const model::ClusterSpec& spec, const std::vector<ViewMark>& marks) {
    auto out = Json::array();
    for (const auto& mark : marks)
        out.push_back({{"view", mark.number},
                       {"term", mark.term.value},
                       {"node", model::name_of(spec, mark.node)},
                       {"entry", mark.index.value}});
    return out;
}

Json groups_of(const model::ClusterState& state) {
    auto out = Json::object();
    for (const auto& [id, record] : state.groups) {
        Json epoch{{"incarnation", record.epoch.incarnation.value},
                   {"term", record.epoch.term.value},
                   {"node", model::name_of(state.spec, record.epoch.node)}};
        out[model::name_of(state.spec, id)] = {
            {"goal", model::to_string(record.goal)},
            {"owner", record.owner ? model::name_of(state.spec, record.owner) : ""},
            {"epoch", std::move(epoch)},
            {"reason", record.reason}};
    }
    return out;
}

Json nodes_of(const model::ClusterState& state) {
    auto out = Json::object();
    for (const auto& [id, record] : state.nodes)
        out[model::name_of(state.spec, id)] = {{"status", model::to_string(record.status)},
                                               {"reason", record.reason},
                                               {"mode", model::to_string(record.mode)}};
    return out;
}

}  // namespace

std::string write_history(const model::ClusterState& state, const GivenUp& about) {
    const auto& spec = state.spec;
    const Json out{{"time", about.time},
                   {"node", model::name_of(spec, about.node)},
                   {"kept_by", model::name_of(spec, about.kept_by)},
                   {"given_up", marks_of(spec, about.marks)},
                   {"kept", marks_of(spec, about.kept)},
                   {"nodes", nodes_of(state)},
                   {"groups", groups_of(state)},
                   {"configuration", Json::parse(write_spec(spec), nullptr, false)}};
    return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ha::config
