// pidw: watches the process of an async exec resource, told by the kernel through a pidfd.
//
// The process is found by the record that exec keeps, so a restarted daemon watches the same one,
// child or not. While armed it costs nothing: no timer, no look at /proc.
#pragma once

#include <optional>
#include <string>

#include "ha/plugin.hpp"
#include "support/process/file.hpp"
#include "support/process/identity.hpp"

namespace ha::pidw {

inline constexpr plugin::Parameter k_parameters[] = {
    {.name = "resource",
     .required = true,
     .minimum = 1,
     .maximum = HA_LIMIT_NAME_BYTES,
     .help = "Name of the exec resource, of mode async, whose process is watched. Left out: "
             "the resource of the monitor."},
};

class ProcessMonitor final : public plugin::PollableMonitor {
   public:
    static constexpr plugin::TypeInfo k_type{
        .name = "pidw",
        .version = "1.0",
        .summary = "Notices at once when the process of an async exec resource ends.",
        .parameters = k_parameters,
    };

    explicit ProcessMonitor(const plugin::Context& context);

    plugin::Verdict check(const plugin::Operation& operation) override;
    int arm(const plugin::Operation& operation) override;
    plugin::Verdict on_ready(const plugin::Operation& operation) override;
    void disarm() noexcept override;

   private:
    std::optional<support::ProcessIdentity> find_process() const;

    std::string resource_;
    std::string record_path_;
    support::Fd armed_;  // a pidfd; or, when the process was gone already, one that is readable
};

}  // namespace ha::pidw
