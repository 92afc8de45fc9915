// Final actions and orders that reach beyond groups: the node's service, or its machine.
#pragma once

#include <string>

#include "ha/notice.hpp"

namespace had {

/// Asks the system to reboot or power off; only logs it when that is not allowed.
void restart_machine(ha::FinalAction action, const std::string& reason, bool is_allowed);

/// What an operator ordered, once this node has left the cluster: nothing more for `stop`; had
/// begins anew in this process for `restart`; the machine's, when that is allowed. Returns when it
/// is not done in this process.
void carry_out(ha::ServiceOrder order, const std::string& reason, bool may_reboot, char** argv);

}  // namespace had
