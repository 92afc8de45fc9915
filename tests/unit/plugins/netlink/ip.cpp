// The unit tests of support/netlink/ip: addresses as a person writes them.
#include "support/netlink/ip.hpp"

#include <doctest/doctest.h>

using namespace ha::support;

namespace {
IpAddress ip(const char* text) {
    const auto address = parse_ip(text);
    REQUIRE_MESSAGE(address, text);
    return *address;
}
std::string complaint(const char* text) {
    std::string error;
    CHECK_MESSAGE(!parse_address_text(text, error), text);
    return error;
}
}  // namespace

TEST_CASE("an address reads back as it was written, IPv6 in its short form") {
    for (const char* text : {"0.0.0.0", "10.0.0.5", "255.255.255.255", "::", "::1", "fd00::50",
                             "fe80::1:2:3:4", "::ffff:1.2.3.4"})
        CHECK(to_string(ip(text)) == text);
    CHECK(to_string(ip("FD00:0:0:0:0:0:0:0050")) == "fd00::50");
}

TEST_CASE("what is no address is refused: names, gaps, numbers out of range, zones, junk") {
    for (const char* text :
         {"", " ", "localhost", "10.0.0", "10.0.0.256", "10.0.0.5 ", "1.2.3.4.5", "010.0.0.5x",
          "fd00:::1", "fd00::1%eth0", "[::1]", "12345::", "1:2:3:4:5:6:7:8:9",
          "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"})
        CHECK_MESSAGE(!parse_ip(text), text);
    CHECK(!parse_ip(std::string_view("10.0.0.5\0x", 10)));
}

TEST_CASE("bytes are an address only when they are 4 or 16") {
    const std::uint8_t bytes[16] = {10, 0, 0, 5};
    CHECK(ip_from_bytes({bytes, 4}) == ip("10.0.0.5"));
    CHECK(ip_from_bytes({bytes, 16}) == ip("a00:5::"));
    for (const std::size_t size : {0U, 3U, 5U, 15U}) CHECK(!ip_from_bytes({bytes, size}));
}

TEST_CASE("two addresses are in one network when their first bits agree") {
    CHECK(same_network(ip("10.0.0.5"), ip("10.0.0.254"), 24));
    CHECK(!same_network(ip("10.0.0.5"), ip("10.0.1.5"), 24));
    CHECK(same_network(ip("10.0.0.129"), ip("10.0.0.254"), 25));
    CHECK(!same_network(ip("10.0.0.127"), ip("10.0.0.128"), 25));
    CHECK(same_network(ip("10.0.0.5"), ip("192.168.0.1"), 0));
    CHECK(same_network(ip("10.0.0.5"), ip("10.0.0.5"), 32));
    CHECK(!same_network(ip("10.0.0.5"), ip("10.0.0.4"), 32));
    CHECK(same_network(ip("fd00::1"), ip("fd00::2"), 64));
    CHECK(same_network(ip("fd00::1"), ip("fd00::1"), 128));
    CHECK(!same_network(ip("fd00::1"), ip("fd00::2"), 128));
}

TEST_CASE("addresses of different families share no network, and no prefix exceeds its family") {
    CHECK(!same_network(ip("0.0.0.0"), ip("::"), 0));
    CHECK(!same_network(ip("10.0.0.5"), ip("10.0.0.5"), 33));
}

TEST_CASE("kinds of address are told apart at their borders") {
    CHECK(is_multicast(ip("224.0.0.1")));
    CHECK(is_multicast(ip("239.255.255.255")));
    CHECK(!is_multicast(ip("223.255.255.255")));
    CHECK(!is_multicast(ip("240.0.0.1")));
    CHECK(is_multicast(ip("ff02::1")));
    CHECK(!is_multicast(ip("fe80::1")));
    CHECK(is_link_local(ip("fe80::1")));
    CHECK(is_link_local(ip("febf::1")));
    CHECK(!is_link_local(ip("fec0::1")));
    CHECK(is_link_local(ip("169.254.1.1")));
    CHECK(is_loopback(ip("127.9.9.9")));
    CHECK(is_loopback(ip("::1")));
    CHECK(!is_loopback(ip("::2")));
    CHECK(is_unspecified(ip("0.0.0.0")));
    CHECK(is_unspecified(ip("::")));
    CHECK(is_limited_broadcast(ip("255.255.255.255")));
    CHECK(!is_limited_broadcast(ip("10.0.0.255")));
}

TEST_CASE("a floating address may carry prefix and link, in either order") {
    std::string error;
    auto text = parse_address_text("10.0.0.5", error);
    REQUIRE(text);
    CHECK(!text->prefix);
    CHECK(text->link.empty());
    for (const char* both : {"10.0.0.5/24%eth0", "10.0.0.5%eth0/24"}) {
        text = parse_address_text(both, error);
        REQUIRE_MESSAGE(text, error);
        CHECK(text->address == ip("10.0.0.5"));
        CHECK(text->prefix == 24);
        CHECK(text->link == "eth0");
    }
    text = parse_address_text("fe80::5%bond0.100", error);
    REQUIRE_MESSAGE(text, error);
    CHECK(text->link == "bond0.100");
    CHECK(parse_address_text("fd00::5/128", error)->prefix == 128);
}

TEST_CASE("a wrong floating address is refused with what is wrong with it") {
    CHECK(complaint("").find("is no IPv4 or IPv6 address") != std::string::npos);
    CHECK(complaint("example.org").find("192.168.1.50/24") != std::string::npos);
    CHECK(complaint("10.0.0.5/33").find("0 to 32") != std::string::npos);
    CHECK(complaint("fd00::5/129").find("0 to 128") != std::string::npos);
    CHECK(complaint("10.0.0.5/").find("prefix \"\"") != std::string::npos);
    CHECK(complaint("10.0.0.5/-1").find("-1") != std::string::npos);
    CHECK(complaint("10.0.0.5/24x").find("24x") != std::string::npos);
    CHECK(complaint("10.0.0.5/24/24").find("two parts after /") != std::string::npos);
    CHECK(complaint("10.0.0.5%a%b").find("two parts after %") != std::string::npos);
    CHECK(complaint("10.0.0.5%").find("no name of a network link") != std::string::npos);
    CHECK(complaint("10.0.0.5%much-too-long-a-name").find("much-too") != std::string::npos);
    CHECK(complaint("10.0.0.5%../24").find("no name") != std::string::npos);
}

TEST_CASE("names of links are those the kernel takes") {
    for (const char* name : {"e", "eth0", "bond0.100", "123456789012345", "br-lan"})
        CHECK_MESSAGE(is_link_name(name), name);
    for (const char* name : {"", ".", "..", "a b", "a/b", "a:b", "1234567890123456", "a\t"})
        CHECK_MESSAGE(!is_link_name(name), name);
}
