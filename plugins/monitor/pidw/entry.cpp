// Entry of the pidw plugin.
#include "pidw.hpp"

HA_PLUGIN_ENTRY(ha::pidw::ProcessMonitor);
