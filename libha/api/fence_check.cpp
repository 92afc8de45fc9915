// What fence types themselves say of a configuration.
#include <unistd.h>

#include "api/catalog.hpp"
#include "runtime/machine.hpp"

namespace ha {

namespace {

/// For instances that look at their configuration and do nothing else.
class CheckServices final : public plugin::HostServices {
   public:
    void log(const plugin::InstanceSpec&, std::uint32_t, std::string_view) override {}
    void event(const plugin::InstanceSpec&, std::uint32_t, std::string_view,
               std::string_view) override {}
    Instant now() override { return runtime::now(); }
    bool is_epoch_valid(const plugin::InstanceSpec&, const Epoch&) override { return false; }
    Instant not_after(const plugin::InstanceSpec&) override { return Instant{}; }
};

using Finding = config::TypeCatalog::Finding;

Finding finding_of(const Failure& failure) {
    return {failure.code == FailureCode::invalid,
            failure.context + (failure.code == FailureCode::invalid
                                   ? ""
                                   : " (seen on this node; every node that may fence needs it)")};
}

}  // namespace

std::function<std::optional<Finding>(const std::string&, const model::FenceSpec&)> fence_check_of(
    std::shared_ptr<const plugin::Registry> registry, const std::string& run_directory) {
    if (::access(run_directory.c_str(), W_OK) != 0) return {};
    const auto end = runtime::now() + k_fence_check_time;
    return [=](const std::string& node,
               const model::FenceSpec& device) -> std::optional<Finding> {
        if (registry->find(plugin::Kind::fence, device.type) == nullptr) return {};
        if (runtime::now() >= end) return Finding{false, "there was no time left to check it"};
        CheckServices services;
        plugin::InstanceSpec spec;
        spec.type = device.type;
        spec.name = device.name;
        spec.target = node;
        spec.parameters = device.parameters;
        spec.state_root = run_directory + "/checks";
        const auto made = registry->create_fence(std::move(spec), services);
        if (!made) return finding_of(made.error());
        plugin::Call call;
        call.deadline = end;
        const auto valid = (*made)->validate(call);
        if (valid) return {};
        return finding_of(valid.error());
    };
}

}  // namespace ha
