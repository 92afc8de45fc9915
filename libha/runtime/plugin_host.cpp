// The host's side of the plugin ABI.
#include "runtime/plugin_host.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "runtime/machine.hpp"

namespace ha::runtime {

PluginHost::PluginHost(std::shared_ptr<const Board> board, std::shared_ptr<Outbox> outbox,
                       std::shared_ptr<GuardLink> guard, std::function<void(Event)> event,
                       std::function<void(std::uint32_t, const std::string&)> log)
    : board_(std::move(board)),
      outbox_(std::move(outbox)),
      guard_(std::move(guard)),
      event_(std::move(event)),
      log_(std::move(log)) {}

void PluginHost::log(const plugin::InstanceSpec& from, std::uint32_t severity,
                     std::string_view text) {
    std::lock_guard guard(mutex_);
    if (log_) log_(severity, from.type + " " + from.name + ": " + std::string(text));
}

void PluginHost::event(const plugin::InstanceSpec& from, std::uint32_t severity,
                       std::string_view name, std::string_view text) {
    static constexpr const char* k_names[] = {"debug", "info", "warning", "error"};
    Event out{now(), EventKind::plugin_note, from.type + " " + from.name, {}};
    out.parameters.emplace_back("note", name);
    out.parameters.emplace_back("severity", k_names[severity < 4 ? severity : 3]);
    out.parameters.emplace_back("text", text);
    outbox_->post([event = event_, out = std::move(out)]() mutable { event(std::move(out)); });
}

Instant PluginHost::now() { return runtime::now(); }

bool PluginHost::is_epoch_valid(const plugin::InstanceSpec& from, const Epoch& epoch) {
    return board_->is_epoch_valid(from.group, epoch, now());
}

Instant PluginHost::not_after(const plugin::InstanceSpec& from) {
    return board_->not_after(from.group);
}

Result<void> PluginHost::put_sever_actions(const plugin::InstanceSpec& from,
                                           std::span<const ha_sever_action_t> actions) {
    const auto leased = board_->find_leased(from.name);
    if (!leased) return {};  // runs without a lease, so nobody ends it with one
    if (actions.empty()) {
        guard_->drop(leased->resource);
        return {};
    }
    SeverActions out;
    for (const auto& one : actions) {
        UniqueFd fd(::fcntl(one.fd, F_DUPFD_CLOEXEC, 3));
        if (!fd) return os_failure("cannot copy a descriptor of", from.name, errno);
        guard::Action action;
        action.kind = one.kind;
        action.number = one.number;
        action.group = one.group;
        action.byte_count = one.byte_count;
        std::copy(std::begin(one.harmless), std::end(one.harmless), action.harmless);
        if (one.byte_count > 0)
            std::copy_n(static_cast<const std::uint8_t*>(one.bytes), one.byte_count, action.bytes);
        out.actions.push_back(action);
        out.fds.push_back(std::move(fd));
    }
    return guard_->put(leased->resource, leased->group, leased->epoch, std::move(out));
}

void PluginHost::close() {
    std::lock_guard guard(mutex_);
    log_ = nullptr;
}

}  // namespace ha::runtime
