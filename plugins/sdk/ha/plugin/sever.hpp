// Sever actions: what a resource hands over so that it can be made harmless without its plugin.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>

#include "ha/plugin/context.hpp"
#include "ha/plugin/ext/sever_actions.h"

namespace ha::plugin {

/// One action; the contract of each kind stands in ha/plugin/ext/sever_actions.h. What it points to
/// has to live until hand_over() has returned.
class SeverAction {
   public:
    static SeverAction netlink(int fd, std::span<const std::uint8_t> request) {
        return SeverAction(HA_SEVER_NETLINK, fd, request.data(), request.size());
    }
    static SeverAction write(int fd, std::string_view text) {
        return SeverAction(HA_SEVER_WRITE, fd, text.data(), text.size());
    }
    /// `group`: the process group that the process leads, or 0.
    static SeverAction signal(int process, int number, std::uint32_t group) {
        SeverAction out(HA_SEVER_SIGNAL, process, nullptr, 0);
        out.abi_.number = number;
        out.abi_.group = group;
        return out;
    }
    /// errno values that say that nothing is left to sever.
    SeverAction& harmless_if(std::initializer_list<int> errors) {
        std::size_t i = 0;
        for (const int error : errors)
            if (i < HA_LIMIT_SEVER_HARMLESS) abi_.harmless[i++] = error;
        return *this;
    }
    const ha_sever_action_t& abi() const { return abi_; }

   private:
    SeverAction(std::uint32_t kind, int fd, const void* bytes, std::size_t size) {
        abi_.size = sizeof abi_;
        abi_.kind = kind;
        abi_.fd = fd;
        abi_.bytes = bytes;
        abi_.byte_count = static_cast<std::uint32_t>(size);
    }
    ha_sever_action_t abi_{};
};

/// Before the resource becomes active, and when it is found active. Throws when nothing may become
/// active any more. A host that does not sever by itself is no failure.
inline void hand_over(const Host& host, std::initializer_list<SeverAction> actions) {
    const auto* service = host.extension<ha_sever_actions_t>(HA_EXT_SEVER_ACTIONS);
    if (service == nullptr) return;
    ha_sever_action_t all[HA_LIMIT_SEVER_ACTIONS];
    std::uint32_t count = 0;
    for (const auto& action : actions)
        if (count < HA_LIMIT_SEVER_ACTIONS) all[count++] = action.abi();
    const auto result = service->put(host.abi(), all, count);
    if (result == HA_ERROR_REFUSED)
        throw Error(ErrorCode::refused, "the node's lease is over");
    if (result != HA_OK && result != HA_ERROR_UNSUPPORTED)
        throw Error(ErrorCode::io, "the actions that sever it could not be handed over");
}

}  // namespace ha::plugin
