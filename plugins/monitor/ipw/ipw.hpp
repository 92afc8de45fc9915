// The IP monitor: are hosts that matter (a gateway, clients, the other sites) within reach?
#pragma once

#include <chrono>
#include <vector>

#include "ha/plugin.hpp"
#include "monitor/ipw/plan.hpp"

namespace ha::ipw {

inline constexpr std::int64_t k_second = 1'000'000'000;

inline constexpr plugin::Parameter k_parameters[] = {
    {.name = "targets",
     .type = plugin::ParameterType::list,
     .required = true,
     .minimum = 1,
     .maximum = k_targets_max,
     .item_type = plugin::ParameterType::string,
     .help = "IPv4 or IPv6 addresses to ask for an echo; a link-local one with its link, as in "
             "fe80::1%eth0."},
    {.name = "require",
     .type = plugin::ParameterType::string,
     .default_value = "any",
     .choices = "any|all",
     .help = "How many have to answer. With \"any\" the check is bad only when all are silent, so "
             "that the fault of one target moves no group."},
    {.name = "timeout",
     .type = plugin::ParameterType::duration,
     .default_value = "1s",
     .minimum = k_second / 1000,
     .maximum = 60 * k_second,
     .help = "How long the answers to one attempt are waited for."},
    {.name = "retries",
     .type = plugin::ParameterType::integer,
     .default_value = "2",
     .minimum = 0,
     .maximum = 100,
     .help = "How often a silent target is asked again within one check."},
};

class IpMonitor final : public plugin::Monitor {
 public:
    static constexpr plugin::TypeInfo k_type{
        .name = "ipw",
        .version = "1",
        .summary = "Asks addresses for an ICMP echo.",
        .parameters = k_parameters,
    };

    explicit IpMonitor(const plugin::Context& context);

    plugin::Verdict check(const plugin::Operation& operation) override;

 private:
    std::vector<Target> targets_;
    Require require_ = Require::any;
    std::chrono::nanoseconds timeout_{};
    unsigned attempts_ = 1;
};

}  // namespace ha::ipw
