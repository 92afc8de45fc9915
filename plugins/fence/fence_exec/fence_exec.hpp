// fence_exec: programs of the user's that cut a node off. Whether they do is the user's word.
#pragma once

#include <string>
#include <vector>

#include "ha/plugin.hpp"
#include "support/process/run.hpp"

namespace ha::fence_exec {

inline constexpr plugin::Parameter k_parameters[] = {
    {.name = "off",
     .type = plugin::ParameterType::list,
     .required = true,
     .minimum = 1,
     .maximum = 64,
     .item_type = plugin::ParameterType::string,
     .help = "Path of the program that cuts the node off, and its arguments; exit code 0: it is."},
    {.name = "status",
     .type = plugin::ParameterType::list,
     .required = true,
     .minimum = 1,
     .maximum = 64,
     .item_type = plugin::ParameterType::string,
     .help = "The same for looking whether it is on: exit code 0 on, 2 off, else not known. It "
             "must look at the device anew; nothing else tells a lost shot from a good one."},
    {.name = "on",
     .type = plugin::ParameterType::list,
     .minimum = 1,
     .maximum = 64,
     .item_type = plugin::ParameterType::string,
     .help = "The same for letting it on again. Default: nobody does."},
};

inline constexpr plugin::TypeInfo k_type{
    .name = "fence_exec",
    .version = "1",
    .summary = "Programs of your own cut the node off; that they do is your word.",
    .parameters = k_parameters,
};

class FenceExec final : public plugin::Fence {
   public:
    static constexpr plugin::TypeInfo k_type = fence_exec::k_type;

    explicit FenceExec(const plugin::Context& context);

    void off(const plugin::Operation& operation) override;
    void on(const plugin::Operation& operation) override;
    plugin::Power status(const plugin::Operation& operation) override;
    void validate(const plugin::Operation& operation) override;

   private:
    using Arguments = std::vector<std::string>;
    support::RunResult run(const char* what, const Arguments& arguments,
                           const plugin::Operation& operation) const;
    void switch_to(const char* what, const Arguments& arguments,
                   const plugin::Operation& operation) const;

    Arguments off_, status_, on_;
    std::string target_, node_, device_;
};

}  // namespace ha::fence_exec
