// A bench for fence types: agents are small scripts that write down what they were told.
#pragma once

#include <memory>
#include <string>

#include "fake_host.hpp"
#include "fence_agents.hpp"
#include "fence_exec.hpp"

namespace ha::test {

using Parameters = std::map<std::string, std::string>;

inline bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

constexpr const char* k_metadata =
    "<?xml version=\"1.0\" ?>\n"
    "<resource-agent name=\"fence_test\" shortdesc=\"a test\" >\n"
    "<longdesc>nothing &amp; more</longdesc>\n"
    "<parameters>\n"
    "  <parameter name=\"action\" unique=\"0\" required=\"1\">\n"
    "    <content type=\"string\" default=\"reboot\"  /></parameter>\n"
    "  <parameter name=\"ip\" unique=\"0\" required=\"1\" obsoletes=\"ipaddr\">\n"
    "    <content type=\"string\"  /></parameter>\n"
    "  <parameter name=\"ipaddr\" unique=\"0\" required=\"0\" deprecated=\"1\">\n"
    "    <content type=\"string\"  /></parameter>\n"
    "  <parameter name=\"password\" unique=\"0\" required=\"0\">\n"
    "    <content type=\"string\"/></parameter>\n"
    "  <parameter name=\"power_wait\" unique=\"0\" required=\"0\">\n"
    "    <content type=\"second\" default=\"0\"  /></parameter>\n"
    "</parameters>\n"
    "<actions><action name=\"on\" automatic=\"0\"/><action name=\"off\" />\n"
    "<action name=\"status\" />\n"
    "<action name=\"metadata\" /></actions>\n"
    "</resource-agent>\n";

struct Bench {
    Bench() {
        REQUIRE(registry.register_type(
            plugin::Entry<fence_agents::FenceAgents, fence_exec::FenceExec>::factory(), "test"));
    }

    /// An agent that keeps what it reads, and its arguments, and then runs `body`, which finds the
    /// action in $action.
    std::string agent(const std::string& body, const std::string& name = "fence_test") {
        return directory.write(
            name,
            "#!/bin/sh\ncd " + directory.path() + "\ncat >input.new\nmv input.new input\n" +
                "echo \"$# $*\" >arguments\nenv >environment\n" +
                "action=$(sed -n 's/^action=//p' input)\n"
                "if [ \"$action\" = metadata ]; then cat metadata; exit 0; fi\n" + body + "\n",
            true);
    }
    Result<std::unique_ptr<plugin::FenceInstance>> create(const std::string& type,
                                                          const Parameters& parameters) {
        return registry.create_fence({.type = type,
                                      .name = "ipmi",
                                      .node = "n1",
                                      .parameters = parameters,
                                      .state_root = directory.file("state"),
                                      .target = "n2"},
                                     services);
    }
    std::unique_ptr<plugin::FenceInstance> make(const std::string& body, Parameters more = {}) {
        directory.write("metadata", k_metadata);
        more["agent"] = agent(body);
        auto made = create("fence_agents", more);
        REQUIRE(made);
        return std::move(*made);
    }
    plugin::Call call(Duration timeout = k_test_deadline) { return call_with(services, timeout); }
    std::string read(const std::string& name) { return directory.read(name); }

    TemporaryDirectory directory;
    FakeServices services;
    plugin::Registry registry;
};

}  // namespace ha::test
