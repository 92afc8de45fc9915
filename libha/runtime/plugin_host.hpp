// The host's side of the plugin ABI, and instances that live as long as anybody is inside them.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "plugin/registry.hpp"
#include "runtime/executor.hpp"
#include "runtime/guard_link.hpp"

namespace ha::runtime {

/// What the runtime does for instances, from any thread; shared with each of them.
class PluginHost final : public plugin::HostServices {
   public:
    PluginHost(std::shared_ptr<const Board> board, std::shared_ptr<Outbox> outbox,
               std::shared_ptr<GuardLink> guard, std::function<void(Event)> event,
               std::function<void(std::uint32_t, const std::string&)> log);

    void log(const plugin::InstanceSpec& from, std::uint32_t severity,
             std::string_view text) override;
    void event(const plugin::InstanceSpec& from, std::uint32_t severity, std::string_view name,
               std::string_view text) override;
    Instant now() override;
    bool is_epoch_valid(const plugin::InstanceSpec& from, const Epoch& epoch) override;
    Instant not_after(const plugin::InstanceSpec& from) override;
    bool takes_sever_actions() override { return guard_ != nullptr; }
    Result<void> put_sever_actions(const plugin::InstanceSpec& from,
                                   std::span<const ha_sever_action_t> actions) override;

    /// Nothing of the program is called any more; instances that hang may live on.
    void close();

   private:
    std::shared_ptr<const Board> board_;
    std::shared_ptr<Outbox> outbox_;
    std::shared_ptr<GuardLink> guard_;  ///< null: none is wanted
    std::function<void(Event)> event_;
    std::mutex mutex_;
    std::function<void(std::uint32_t, const std::string&)> log_;
};

/// One instance, created at its first use on a worker, destroyed on whatever thread lets go of it
/// last. `Instance` is plugin::ResourceInstance or plugin::MonitorInstance.
template <class Instance>
class InstanceHolder {
   public:
    using Create = Result<std::unique_ptr<Instance>> (plugin::Registry::*)(
        plugin::InstanceSpec, plugin::HostServices&) const;

    InstanceHolder(plugin::InstanceSpec spec, std::shared_ptr<const plugin::Registry> registry,
                   std::shared_ptr<PluginHost> host, Create create)
        : spec_(std::move(spec)),
          registry_(std::move(registry)),
          host_(std::move(host)),
          create_(create) {}

    const plugin::InstanceSpec& spec() const { return spec_; }
    /// A failure to create is not remembered: what was missing may be there the next time.
    Result<Instance*> get() {
        std::lock_guard guard(mutex_);
        if (!instance_) {
            auto made = ((*registry_).*create_)(spec_, *host_);
            if (!made) return made.error();
            instance_ = std::move(*made);
        }
        return instance_.get();
    }

   private:
    plugin::InstanceSpec spec_;
    std::shared_ptr<const plugin::Registry> registry_;
    std::shared_ptr<PluginHost> host_;  // outlives the instance
    Create create_;
    std::mutex mutex_;
    std::unique_ptr<Instance> instance_;
};
using ResourceHolder = InstanceHolder<plugin::ResourceInstance>;
using MonitorHolder = InstanceHolder<plugin::MonitorInstance>;
using FenceHolder = InstanceHolder<plugin::FenceInstance>;

}  // namespace ha::runtime
