// Final actions that reach beyond groups: stopping the node's service, or the machine.
#pragma once

#include <string>

#include "ha/notice.hpp"

namespace had {

/// Asks the system to reboot or power off; only logs it when that is not allowed.
void restart_machine(ha::FinalAction action, const std::string& reason, bool is_allowed);

}  // namespace had
