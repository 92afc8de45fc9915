// Metadata: what an agent says about itself, in XML, when it is asked for its "metadata".
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace ha::fence_agents {

struct AgentOption {
    bool is_required = false;   ///< there is no default either
    std::string obsoletes;      ///< its older name, which is as good
};

struct Metadata {
    std::string agent;
    std::map<std::string, AgentOption> options;
    std::set<std::string> actions;
};

/// Throws Error{invalid} when it is no XML, is not closed, or describes no agent.
Metadata parse_metadata(std::string_view xml);

}  // namespace ha::fence_agents
