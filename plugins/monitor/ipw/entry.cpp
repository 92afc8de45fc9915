// The shared object's entry: one monitor type, "ipw".
#include "monitor/ipw/ipw.hpp"

HA_PLUGIN_ENTRY(ha::ipw::IpMonitor);
