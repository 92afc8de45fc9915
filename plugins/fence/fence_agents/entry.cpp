// Entry of the fence_agents plugin.
#include "fence_agents.hpp"

HA_PLUGIN_ENTRY(ha::fence_agents::FenceAgents);
