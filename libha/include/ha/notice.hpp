// Events as the API shows them, and the callbacks of a cluster handle.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace ha {

/// Something an operator may want to know. Kinds keep their number and name for ever.
struct Notice {
    std::uint64_t number = 0;   ///< from 1 within one run of this node; 0: not numbered
    std::int64_t wall_us = 0;   ///< microseconds since 1970, for people; 0: not known
    std::int64_t boot_ns = 0;   ///< nanoseconds of this machine's boot clock
    std::uint16_t kind = 0;
    std::string name;           ///< of the kind, such as "node_down"
    std::string severity;       ///< debug, info, notice, warning, error, alert
    std::string object;         ///< "node web1", "group db"; empty: the cluster
    std::vector<std::pair<std::string, std::string>> parameters;
};

enum class FinalAction : std::uint8_t { stop_node_service, reboot, poweroff };
const char* to_string(FinalAction action) noexcept;

/// What an operator has a node do with its service, or with its machine.
enum class ServiceOrder : std::uint8_t { stop, restart, reboot, poweroff };
inline const char* to_string(ServiceOrder order) noexcept {
    switch (order) {
        case ServiceOrder::stop: return "stop";
        case ServiceOrder::restart: return "restart";
        case ServiceOrder::reboot: return "reboot";
        case ServiceOrder::poweroff: return "poweroff";
    }
    return "unknown";
}

using OnNotice = std::function<void(const Notice&)>;
/// `severity`: 0 debug, 1 info, 2 warning, 3 error.
using OnLog = std::function<void(int severity, const std::string& text)>;
/// A monitor or an operation has this as its last resort. Groups have been stopped where that was
/// possible, the others know that this node is gone, and OnStopped follows: the program ends now,
/// and reboots its machine or switches it off before that. The library itself never does.
using OnFinalAction = std::function<void(FinalAction, const std::string& reason)>;
/// This node was ordered so: it leaves now, and the program is to carry the order out when
/// OnStopped comes. A `stop` asks for no more than that the program does not begin again.
using OnOrder = std::function<void(ServiceOrder, const std::string& reason)>;
/// Leaving is complete.
using OnStopped = std::function<void()>;

}  // namespace ha
