// Metadata of agents: read with a library, and nothing that an agent says can do harm.
#include "metadata.hpp"

#include <doctest/doctest.h>

#include "base/random.hpp"
#include "bench.hpp"

using namespace ha;
using namespace ha::fence_agents;
using test::k_metadata;

TEST_CASE("options, what is required, and actions are read") {
    const auto metadata = parse_metadata(k_metadata);
    CHECK(metadata.agent == "fence_test");
    CHECK(metadata.options.size() == 5);
    CHECK_FALSE(metadata.options.at("action").is_required);  // it has a default
    CHECK(metadata.options.at("ip").is_required);
    CHECK(metadata.options.at("ip").obsoletes == "ipaddr");
    CHECK_FALSE(metadata.options.at("password").is_required);
    CHECK(metadata.actions == std::set<std::string>{"metadata", "off", "on", "status"});
}

TEST_CASE("what is cut short or mutated is refused or read, and never more than that") {
    const std::string text = k_metadata;
    for (std::size_t n = 0; n < text.rfind('>') + 1; n++)
        CHECK_THROWS_AS(parse_metadata(text.substr(0, n)), plugin::Error);
    Random random(seed_from(3));
    for (int i = 0; i < 2000; i++) {
        auto mutant = text;
        for (int n = 0; n < 3; n++)
            mutant[random.below(mutant.size())] = static_cast<char>(random.next());
        try {
            parse_metadata(mutant);
        } catch (const plugin::Error&) {
        }
    }
}

TEST_CASE("nesting and entities without end are refused") {
    std::string deep;
    for (int i = 0; i < 100'000; i++) deep += "<a>";
    CHECK_THROWS_AS(parse_metadata(deep), plugin::Error);
    CHECK_THROWS_AS(parse_metadata("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaa\">"
                                   "<!ENTITY b \"&a;&a;\">]>" +
                                   std::string(k_metadata).substr(22)),
                    plugin::Error);
}
