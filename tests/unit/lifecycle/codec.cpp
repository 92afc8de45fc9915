// The status of a node on its way to another.
#include <doctest/doctest.h>

#include <string>

#include "lifecycle/bounds.hpp"
#include "lifecycle/status.hpp"

using namespace ha;
using namespace ha::lifecycle;

namespace {

ServiceStatus some_status() {
    ServiceStatus status;
    GroupLine group{GroupId{3}, GroupState::starting, {Incarnation{7}, Term{2}, NodeId{1}}, "", {}};
    group.resources.push_back({ResourceId{1}, ResourceState::online, ""});
    group.resources.push_back({ResourceId{2}, ResourceState::failed, "no such device"});
    status.groups.push_back(group);
    status.groups.push_back({GroupId{4}, GroupState::waiting, {}, "waits for a lease", {}});
    status.monitors.push_back({MonitorId{9}, MonitorState::bad, "gone", 2, 1, true});
    status.reboots = 3;
    status.fences.push_back({NodeId{2}, "device pdu, attempt 1 of 2: switching off"});
    return status;
}

}  // namespace

TEST_CASE("a status survives its encoding") {
    for (const auto& status : {ServiceStatus{}, some_status()}) {
        auto decoded = decode_status(encode(status));
        REQUIRE(decoded.has_value());
        CHECK(*decoded == status);
    }
}

TEST_CASE("a status that is cut short anywhere, or too long, is refused") {
    auto bytes = encode(some_status());
    for (std::size_t n = 0; n < bytes.size(); n++)
        CHECK(!decode_status(ByteView(bytes).first(n)).has_value());
    bytes.push_back(0);
    CHECK(!decode_status(bytes).has_value());
}

TEST_CASE("a status with a state that there is not, or an impossible count, is refused") {
    auto bytes = encode(some_status());
    auto bad_state = bytes;
    bad_state[8] = 99;  // after the count and the group's number
    CHECK(!decode_status(bad_state).has_value());
    auto bad_count = bytes;
    bad_count[3] = 0x7f;
    CHECK(!decode_status(bad_count).has_value());
}

TEST_CASE("an overlong text is clipped and not refused by the reader") {
    auto status = some_status();
    status.groups[0].text = std::string(5000, 'x');
    auto decoded = decode_status(encode(status));
    REQUIRE(decoded.has_value());
    CHECK(decoded->groups[0].text.size() == k_limit_text_bytes);
}

TEST_CASE("every state has a name of its own") {
    CHECK(std::string(to_string(GroupState::failed)) == "failed");
    CHECK(std::string(to_string(ResourceState::unknown)) == "unknown");
    CHECK(std::string(to_string(MonitorState::paused)) == "paused");
    CHECK(std::string(to_string(OperationKind::sever)) == "sever");
    CHECK(std::string(to_string(OperationFactor::lease_lost)) == "lease_lost");
    CHECK(std::string(to_string(Outcome::not_begun)) == "not_begun");
    CHECK(std::string(to_string(Verdict::bad)) == "bad");
    CHECK(std::string(to_string(ResourceStatus::offline)) == "offline");
}
