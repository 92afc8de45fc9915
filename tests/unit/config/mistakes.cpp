// Documents with mistakes, and exactly what is said about each: NAME.json beside NAME.txt.
//
// With HA_GOLDEN_UPDATE set in the environment the texts are written anew, to be read by a person.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/load.hpp"
#include "types.hpp"

using namespace ha;
using namespace ha::config;

namespace {

std::string read(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

std::string judge(const std::filesystem::path& path) {
    LoadOptions options;
    options.file = path.filename();
    options.types = test_types();
    const auto loaded = load_document(read(path), options);
    std::string out;
    for (const auto& one : loaded.errors) out += describe(one, options.file) + "\n";
    for (const auto& one : loaded.warnings) out += "warning: " + describe(one, options.file) + "\n";
    CHECK(loaded.spec.has_value() == loaded.errors.empty());
    return out;
}

}  // namespace

TEST_CASE("every mistake is reported with file, line, field, value and advice") {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(HA_MISTAKES)) {
        if (entry.path().extension() != ".json") continue;
        CAPTURE(entry.path().string());
        const auto said = judge(entry.path());
        auto golden = entry.path();
        golden.replace_extension(".txt");
        if (std::getenv("HA_GOLDEN_UPDATE") != nullptr) std::ofstream(golden) << said;
        CHECK(said == read(golden));
        count++;
    }
    CHECK(count >= 20);
}
