// Entry of the fence_exec plugin.
#include "fence_exec.hpp"

HA_PLUGIN_ENTRY(ha::fence_exec::FenceExec);
