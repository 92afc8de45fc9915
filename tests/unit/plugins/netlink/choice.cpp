// The unit tests of support/netlink/choice: on which link an address belongs.
#include "support/netlink/choice.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace ha::support;

namespace {

LinkAddress on(std::uint32_t link, const char* address, std::uint8_t prefix) {
    const auto ip = *parse_ip(address);
    return {link, ip, ip, prefix, 0};
}
const auto k_floating = *parse_ip("10.0.0.50");
constexpr std::uint32_t k_lo = 1;

}  // namespace

TEST_CASE("the link whose network holds the address is chosen, with its prefix") {
    const std::vector all{on(1, "127.0.0.1", 8), on(2, "192.168.0.1", 24), on(3, "10.0.0.1", 24)};
    const auto choice = choose_link(k_floating, all, k_lo);
    REQUIRE(choice.has_value());
    CHECK(choice->link == 3);
    CHECK(choice->prefix == 24);
    CHECK(!choice->is_present);
    CHECK(choice->rivals == 0);
}

TEST_CASE("of several links on the network the longest prefix wins, whatever the order") {
    std::vector all{on(2, "10.0.0.1", 8), on(3, "10.0.0.2", 24), on(4, "10.0.0.3", 16)};
    CHECK(choose_link(k_floating, all, k_lo)->link == 3);
    std::swap(all[0], all[1]);
    CHECK(choose_link(k_floating, all, k_lo)->link == 3);
    CHECK(choose_link(k_floating, all, k_lo)->rivals == 2);
}

TEST_CASE("of several links with one prefix the lowest number wins, whatever the order") {
    std::vector all{on(5, "10.0.0.2", 24), on(3, "10.0.0.1", 24), on(3, "10.0.0.9", 24)};
    const auto choice = choose_link(k_floating, all, k_lo);
    CHECK(choice->link == 3);
    CHECK(choice->rivals == 1);
}

TEST_CASE("the link that has the address already is chosen before any rule") {
    const std::vector all{on(2, "10.0.0.1", 24), on(7, "10.0.0.50", 32)};
    const auto choice = choose_link(k_floating, all, k_lo);
    REQUIRE(choice.has_value());
    CHECK(choice->link == 7);
    CHECK(choice->is_present);
    CHECK(choice->prefix == 32);
}

TEST_CASE("an address on the loopback link is no place for it") {
    const std::vector all{on(1, "10.0.0.50", 32), on(2, "10.0.0.1", 24)};
    const auto choice = choose_link(k_floating, all, k_lo);
    REQUIRE(choice.has_value());
    CHECK(choice->link == 2);
    CHECK(!choice->is_present);
}

TEST_CASE("without a link on its network the error says which networks there are") {
    const std::vector all{on(1, "127.0.0.1", 8), on(2, "192.168.0.1", 24)};
    const auto choice = choose_link(k_floating, all, k_lo);
    REQUIRE(!choice);
    CHECK(choice.error().text.find("10.0.0.50") != std::string::npos);
    CHECK(choice.error().text.find("192.168.0.1/24") != std::string::npos);
    CHECK(choice.error().text.find("127.0.0.1") == std::string::npos);
    CHECK(choose_link(k_floating, {}, k_lo).error().text.find("none") != std::string::npos);
}

TEST_CASE("an error over many networks stays short") {
    std::vector<LinkAddress> all;
    for (std::uint32_t i = 2; i < 500; ++i) all.push_back(on(i, "192.168.0.1", 24));
    const auto choice = choose_link(k_floating, all, k_lo);
    CHECK(choice.error().text.size() < 500);
}

TEST_CASE("a tunnel's network is that of its far end") {
    auto tunnel = on(4, "172.16.0.1", 30);
    tunnel.network = *parse_ip("10.0.0.49");
    const auto choice = choose_link(k_floating, std::vector{tunnel}, k_lo);
    REQUIRE(choice.has_value());
    CHECK(choice->link == 4);
}

TEST_CASE("the prefix on a named link is the longest that holds the address, there only") {
    const std::vector all{on(2, "10.0.0.1", 16), on(2, "10.0.0.2", 24), on(3, "10.0.0.3", 28),
                          on(2, "10.0.0.50", 32)};
    CHECK(network_prefix(k_floating, all, 2) == 24);
    CHECK(!network_prefix(k_floating, all, 9));
}
