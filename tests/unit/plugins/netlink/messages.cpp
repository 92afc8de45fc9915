// The unit tests of support/netlink/messages: what goes to the kernel, and damaged answers.
#include "support/netlink/messages.hpp"

#include <doctest/doctest.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstring>

using namespace ha::support;

namespace {

template <class T>
T at(const Message& message, std::size_t offset) {
    T value;
    REQUIRE(message.size() >= offset + sizeof value);
    std::memcpy(&value, message.data() + offset, sizeof value);
    return value;
}
std::optional<Reply> as_reply(const Message& message) {
    std::span<const std::uint8_t> rest(message);
    return take_reply(rest);
}
LinkAddress floating(const char* address, std::uint8_t prefix) {
    const auto ip = *parse_ip(address);
    return {3, ip, ip, prefix, 0};
}
/// A request has the shape of the answer: its type is all that differs.
Message answered(Message message, std::uint16_t type) {
    reinterpret_cast<nlmsghdr*>(message.data())->nlmsg_type = type;
    return message;
}

}  // namespace

TEST_CASE("adding an address asks for an acknowledgement and refuses what is there") {
    const auto message = build_add_address(77, floating("10.0.0.5", 24));
    const auto header = at<nlmsghdr>(message, 0);
    CHECK(header.nlmsg_type == RTM_NEWADDR);
    CHECK(header.nlmsg_seq == 77);
    CHECK(header.nlmsg_len == message.size());
    CHECK(header.nlmsg_flags == (NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL));
    const auto body = at<ifaddrmsg>(message, NLMSG_HDRLEN);
    CHECK(body.ifa_family == AF_INET);
    CHECK(body.ifa_prefixlen == 24);
    CHECK(body.ifa_index == 3);
    CHECK(body.ifa_scope == RT_SCOPE_UNIVERSE);
}

TEST_CASE("an address reads back from the message that adds it, both families") {
    for (const auto& target : {floating("10.0.0.5", 24), floating("fd00::5", 64)}) {
        const auto message = build_add_address(1, target);
        const auto reply = as_reply(message);
        REQUIRE(reply);
        const auto read = read_address(*reply);
        REQUIRE(read);
        CHECK(read->link == 3);
        CHECK(read->address == target.address);
        CHECK(read->network == target.address);
        CHECK(read->prefix == target.prefix);
    }
}

TEST_CASE("an IPv6 address is added without the kernel's own duplicate detection, IPv4 plainly") {
    const auto v6 = build_add_address(1, floating("fd00::5", 64));
    CHECK((read_address(*as_reply(v6))->flags & IFA_F_NODAD) != 0);
    const auto v4 = build_add_address(1, floating("10.0.0.5", 24));
    CHECK(read_address(*as_reply(v4))->flags == 0);
}

TEST_CASE("scopes follow the address") {
    const auto scope = [](const char* address) {
        return at<ifaddrmsg>(build_add_address(1, floating(address, 32)), NLMSG_HDRLEN).ifa_scope;
    };
    CHECK(scope("127.0.0.2") == RT_SCOPE_HOST);
    CHECK(scope("fe80::5") == RT_SCOPE_LINK);
    CHECK(scope("fd00::5") == RT_SCOPE_UNIVERSE);
}

TEST_CASE("a list is asked for one family and one link") {
    const auto body = at<ifaddrmsg>(build_dump_addresses(1, IpFamily::v6, 9), NLMSG_HDRLEN);
    CHECK(body.ifa_family == AF_INET6);
    CHECK(body.ifa_index == 9);
}

TEST_CASE("every cut of a message is refused or read without harm") {
    const auto whole = answered(build_add_address(1, floating("fd00::5", 64)), RTM_NEWADDR);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Message cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(!as_reply(cut));
        if (size < sizeof(nlmsghdr)) continue;
        // The same with a header that owns up to the cut: the header is right, the rest is missing.
        Message honest = cut;
        reinterpret_cast<nlmsghdr*>(honest.data())->nlmsg_len = static_cast<std::uint32_t>(size);
        const auto reply = as_reply(honest);
        REQUIRE(reply);
        if (const auto read = read_address(*reply)) CHECK(read->link == 3);
        CHECK(!read_link(*reply));
        CHECK(!read_route(*reply));
        CHECK(!read_verdict(*reply));
    }
}

TEST_CASE("every changed byte of an answer is read without harm") {
    const auto whole = build_add_address(1, floating("fd00::5", 64));
    for (std::size_t place = 0; place < whole.size(); ++place) {
        for (const unsigned value : {0U, 1U, 0x7FU, 0x80U, 0xFFU}) {
            Message changed = whole;
            changed[place] = static_cast<std::uint8_t>(value);
            for (const int type :
                 {int{RTM_NEWADDR}, int{RTM_NEWLINK}, int{RTM_NEWROUTE}, NLMSG_ERROR}) {
                auto reply = as_reply(changed);
                if (!reply) continue;
                reply->type = static_cast<std::uint16_t>(type);
                const auto address = read_address(*reply);
                if (address) CHECK(address->prefix <= address->address.prefix_max());
                (void)read_link(*reply);
                (void)read_route(*reply);
                (void)read_verdict(*reply);
            }
        }
    }
}

TEST_CASE("a prefix that the family does not have is refused") {
    CHECK(!read_address(*as_reply(build_add_address(1, floating("10.0.0.5", 33)))));
    CHECK(!read_address(*as_reply(build_add_address(1, floating("fd00::5", 129)))));
}

TEST_CASE("an answer of another type is not taken for the one that was asked for") {
    const auto message = build_get_link(1, "eth0");
    const auto reply = as_reply(message);
    REQUIRE(reply);
    CHECK(!read_link(*reply));  // a question, no answer
    const auto answer = answered(message, RTM_NEWLINK);
    CHECK(!read_link(*as_reply(answer)));  // number 0 is no link
}

TEST_CASE("messages in one datagram are taken one by one until it ends") {
    auto two = build_get_link(1, "a");
    const auto second = build_get_link(2, "b");
    two.insert(two.end(), second.begin(), second.end());
    two.push_back(0xEE);
    std::span<const std::uint8_t> rest(two);
    CHECK(take_reply(rest)->sequence == 1);
    CHECK(take_reply(rest)->sequence == 2);
    CHECK(!take_reply(rest));
}

TEST_CASE("a verdict is the errno of the request, and its words when the kernel has some") {
    Message message(NLMSG_HDRLEN + sizeof(nlmsgerr));
    auto* header = reinterpret_cast<nlmsghdr*>(message.data());
    header->nlmsg_len = static_cast<std::uint32_t>(message.size());
    header->nlmsg_type = NLMSG_ERROR;
    nlmsgerr body{};
    body.error = -EEXIST;
    std::memcpy(message.data() + NLMSG_HDRLEN, &body, sizeof body);
    CHECK(read_verdict(*as_reply(message))->os == EEXIST);

    const char words[] = "no such thing";
    nlattr attribute{static_cast<std::uint16_t>(NLA_HDRLEN + sizeof words), NLMSGERR_ATTR_MSG};
    const auto* raw = reinterpret_cast<const std::uint8_t*>(&attribute);
    message.insert(message.end(), raw, raw + sizeof attribute);
    message.insert(message.end(), words, words + sizeof words);
    message.resize(NLMSG_ALIGN(message.size()));
    header = reinterpret_cast<nlmsghdr*>(message.data());
    header->nlmsg_len = static_cast<std::uint32_t>(message.size());
    header->nlmsg_flags = NLM_F_CAPPED | NLM_F_ACK_TLVS;
    const auto verdict = read_verdict(*as_reply(message));
    REQUIRE(verdict);
    CHECK(verdict->text == words);
}
