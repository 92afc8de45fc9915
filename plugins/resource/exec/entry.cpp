// Entry of the exec plugin.
#include "exec.hpp"

HA_PLUGIN_ENTRY(ha::exec::Exec);
