// Fuzz: any bytes as a configuration. What loads is written and loads into the same again, and what
// does not is told with at least one error, each with a place inside the document.
#include <cstring>
#include <string>

#include "config/load.hpp"
#include "config/write.hpp"
#include "fuzz.hpp"

using namespace ha;

std::vector<std::vector<std::uint8_t>> ha::fuzz::seeds() {
    std::vector<std::vector<std::uint8_t>> all;
    for (const char* text :
         {R"({"cluster":"x","nodes":{"a":{}}})",
          R"({"cluster":"x","interconnects":["l"],"timing":{"heartbeat_interval":"10ms","lease":"30ms",
              "heartbeat_timeout":"30ms"},"nodes":{"a":{"l":"10.0.0.1"},"b":{"l":"[::1]:5"}},
              "groups":{"g":{"policy":["b"],"resources":{"v":{"type":"fip","parameters":{"n":5,"l":[1]}},
              "e":{"type":"exec","depends_on":["v"],"node_parameters":{"b":{"x":"y"}}}}}},
              "monitors":{"m":{"type":"pidw","resource":"e","nodes":["a"]}},
              "ids":{"nodes":{"a":7}},"revision":3})"}) {
        const auto* begin = reinterpret_cast<const std::uint8_t*>(text);
        all.emplace_back(begin, begin + std::strlen(text));
    }
    return all;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto loaded = config::load_document(text, {});
    HA_FUZZ_CHECK(loaded.spec.has_value() == loaded.errors.empty());
    for (const auto& error : loaded.errors) HA_FUZZ_CHECK(error.place.line >= 1);
    if (!loaded.spec) return 0;
    const auto again = config::load_spec(config::write_spec(*loaded.spec), "again");
    HA_FUZZ_CHECK(again.has_value());
    HA_FUZZ_CHECK(*again == *loaded.spec);
    return 0;
}
