// The host's side of the plugin ABI.
#include "runtime/plugin_host.hpp"

#include "runtime/machine.hpp"

namespace ha::runtime {

PluginHost::PluginHost(std::shared_ptr<const Board> board, std::shared_ptr<Outbox> outbox,
                       std::function<void(Event)> event,
                       std::function<void(std::uint32_t, const std::string&)> log)
    : board_(std::move(board)),
      outbox_(std::move(outbox)),
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

void PluginHost::close() {
    std::lock_guard guard(mutex_);
    log_ = nullptr;
}

}  // namespace ha::runtime
