// fence_agents: a program that speaks the protocol of Debian's package fence-agents.
//
// The program is run without a shell and without arguments; what it is to do, and every secret,
// goes to its standard input, where nobody else sees it. Its exit code is the answer: off 0, on 0;
// status 0 on, 2 off. When its time is over, its whole session is killed before the call returns.
#pragma once

#include "ha/plugin.hpp"
#include "plan.hpp"
#include "support/process/run.hpp"

namespace ha::fence_agents {

inline constexpr plugin::Parameter k_parameters[] = {
    {.name = "agent",
     .required = true,
     .minimum = 1,
     .maximum = 4095,
     .help = "The agent: the name of a program in /usr/sbin, such as fence_ipmilan, or its path."},
    {.name = "options",
     .type = plugin::ParameterType::list,
     .minimum = 0,
     .maximum = 128,
     .item_type = plugin::ParameterType::string,
     .help = "Options of the agent, NAME=VALUE each, as 'AGENT -o metadata' names them. For a "
             "device with many outlets one of them is 'plug'."},
    {.name = "secret_options",
     .type = plugin::ParameterType::list,
     .minimum = 0,
     .maximum = 32,
     .item_type = plugin::ParameterType::string,
     .secret = true,
     .help = "Options that are never shown. They are stored on every node; 'password_file' is "
             "not."},
    {.name = "password_file",
     .type = plugin::ParameterType::path,
     .help = "File with the password as its first line, on every node that may do the fencing; no "
             "one but root may read it."},
};

inline constexpr plugin::TypeInfo k_type{
    .name = "fence_agents",
    .version = "1",
    .summary = "A fence agent of Debian's package fence-agents, or another one that speaks its "
               "protocol.",
    .parameters = k_parameters,
};

class FenceAgents final : public plugin::Fence {
   public:
    static constexpr plugin::TypeInfo k_type = fence_agents::k_type;

    explicit FenceAgents(const plugin::Context& context);

    void off(const plugin::Operation& operation) override;
    void on(const plugin::Operation& operation) override;
    plugin::Power status(const plugin::Operation& operation) override;
    void validate(const plugin::Operation& operation) override;

   private:
    support::RunResult run(const char* action, const plugin::Operation& operation,
                           std::size_t output_bytes_max);
    void switch_to(const char* action, const plugin::Operation& operation);
    std::string said(const support::RunResult& result) const;
    std::string read_password() const;

    Settings settings_;
    std::vector<std::string> secrets_;  ///< of the run under way
};

}  // namespace ha::fence_agents
