// The shared object's entry: one resource type, "fip".
#include "resource/fip/fip.hpp"

HA_PLUGIN_ENTRY(ha::fip::FloatingIp);
