// The run record: what an earlier process of this boot held.
#include "runtime/run_record.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "runtime/machine.hpp"
#include "support.hpp"

namespace ha::runtime {

using lifecycle::Held;
using test::TemporaryDirectory;

static BootId boot(std::uint8_t number) {
    BootId out;
    out.bytes[0] = number;
    return out;
}

static const std::vector<Held> k_held = {
    {GroupId{3}, Epoch{Incarnation{12}, Term{4}, NodeId{1}}},
    {GroupId{9}, Epoch{Incarnation{1}, Term{UINT64_MAX}, NodeId{64}}}};

TEST_CASE("a record is read back by a later process of the same boot") {
    TemporaryDirectory directory;
    CHECK(RunRecord(directory.path(), boot(1)).write(k_held));
    CHECK(*RunRecord(directory.path(), boot(1)).read() == k_held);
    CHECK(RunRecord(directory.path(), boot(1)).write({}));
    CHECK(RunRecord(directory.path(), boot(1)).read()->empty());
}

TEST_CASE("a record of another boot, or none, means that nothing is held") {
    TemporaryDirectory directory;
    CHECK(RunRecord(directory.path(), boot(1)).read()->empty());
    CHECK(RunRecord(directory.path(), boot(1)).write(k_held));
    CHECK(RunRecord(directory.path(), boot(2)).read()->empty());
}

TEST_CASE("a record that is damaged anywhere is refused, never read as less than it was") {
    TemporaryDirectory directory;
    RunRecord record(directory.path(), boot(1));
    REQUIRE(record.write(k_held));
    std::ifstream in(record.path());
    std::string text((std::istreambuf_iterator<char>(in)), {});
    for (std::size_t size = 0; size < text.size() - 1; size++) {
        std::ofstream(record.path()) << text.substr(0, size);
        auto result = record.read();
        CAPTURE(size);
        REQUIRE(!result);
        CHECK(result.error().code == FailureCode::corrupt);
        CHECK(result.error().context.find(record.path()) != std::string::npos);
    }
    std::ofstream(record.path()) << text << "more\n";
    CHECK(!record.read());
    std::ofstream(record.path()) << "ha-run-record 2\n";
    CHECK(!record.read());
}

TEST_CASE("a record that cannot be written is an error that names the file") {
    RunRecord record("/proc/no-such-directory", boot(1));
    auto result = record.write(k_held);
    REQUIRE(!result);
    CHECK(result.error().context.find("/proc/no-such-directory") != std::string::npos);
}

TEST_CASE("boot ids are read with and without dashes, and nothing else is one") {
    auto id = parse_boot_id("8c1ff08c-6d0a-4f4a-9d0e-3a1f1c6a1b1e");
    REQUIRE(id);
    CHECK(to_hex(*id) == "8c1ff08c6d0a4f4a9d0e3a1f1c6a1b1e");
    CHECK(parse_boot_id("8C1FF08C6D0A4F4A9D0E3A1F1C6A1B1E").value() == *id);
    for (auto text : {"", "8c1f", "00000000-0000-0000-0000-000000000000",
                      "8c1ff08c-6d0a-4f4a-9d0e-3a1f1c6a1b1", "8c1ff08c6d0a4f4a9d0e3a1f1c6a1b1e0",
                      "zc1ff08c-6d0a-4f4a-9d0e-3a1f1c6a1b1e"}) {
        CAPTURE(text);
        CHECK(!parse_boot_id(text));
    }
    CHECK(read_boot_id());
}

TEST_CASE("random ids differ and the boot clock goes forward") {
    CHECK(random_store_id() != random_store_id());
    CHECK(random_seed() != random_seed());
    auto before = now();
    CHECK(now() >= before);
    CHECK(before.ns > 0);
}

}  // namespace ha::runtime
