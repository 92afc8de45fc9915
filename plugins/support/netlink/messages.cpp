// Route netlink messages as bytes, by libmnl.
#include "support/netlink/messages.hpp"

#include <libmnl/libmnl.h>
#include <linux/if_arp.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cstring>

namespace ha::support {

namespace {

constexpr std::size_t k_request_size_max = 256;

/// A request under construction in a buffer of its own.
class Builder {
 public:
    Builder(std::uint16_t type, std::uint16_t flags, std::uint32_t sequence)
        : buffer_(k_request_size_max), header_(mnl_nlmsg_put_header(buffer_.data())) {
        header_->nlmsg_type = type;
        header_->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
        header_->nlmsg_seq = sequence;
    }

    template <class T>
    T& body() {
        return *static_cast<T*>(mnl_nlmsg_put_extra_header(header_, sizeof(T)));
    }
    void put(std::uint16_t type, const IpAddress& address) {
        mnl_attr_put(header_, type, address.size(), address.bytes.data());
    }
    void put(std::uint16_t type, std::uint32_t value) { mnl_attr_put_u32(header_, type, value); }
    void put_text(std::uint16_t type, std::string_view text) {
        mnl_attr_put_strz(header_, type, std::string(text).c_str());
    }
    nlattr* nest(std::uint16_t type) { return mnl_attr_nest_start(header_, type); }
    void close(nlattr* nest) { mnl_attr_nest_end(header_, nest); }

    Message take() {
        buffer_.resize(header_->nlmsg_len);
        return std::move(buffer_);
    }

 private:
    Message buffer_;
    nlmsghdr* header_;
};

std::uint8_t os_family(IpFamily family) {
    return family == IpFamily::v4 ? AF_INET : AF_INET6;
}

std::uint8_t scope_of(const IpAddress& address) {
    if (is_loopback(address)) return RT_SCOPE_HOST;
    if (is_link_local(address)) return RT_SCOPE_LINK;
    return RT_SCOPE_UNIVERSE;
}

Builder address_request(std::uint16_t type, std::uint16_t flags, std::uint32_t sequence,
                        const LinkAddress& address) {
    Builder builder(type, flags, sequence);
    auto& body = builder.body<ifaddrmsg>();
    body.ifa_family = os_family(address.address.family);
    body.ifa_prefixlen = address.prefix;
    body.ifa_scope = scope_of(address.address);
    body.ifa_index = address.link;
    builder.put(IFA_LOCAL, address.address);
    return builder;
}

/// The attributes of a message or of a nest, by type; the last of several of one type counts.
template <std::size_t Count>
struct Attributes {
    std::array<const nlattr*, Count> by_type{};

    static int keep(const nlattr* attribute, void* data) {
        auto& self = *static_cast<Attributes*>(data);
        const std::size_t type = mnl_attr_get_type(attribute);
        if (type < Count) self.by_type[type] = attribute;
        return MNL_CB_OK;
    }
    std::span<const std::uint8_t> bytes(std::size_t type) const {
        if (by_type[type] == nullptr) return {};
        const auto* start = static_cast<const std::uint8_t*>(mnl_attr_get_payload(by_type[type]));
        return {start, mnl_attr_get_payload_len(by_type[type])};
    }
    template <class T>
    std::optional<T> number(std::size_t type) const {
        const auto value = bytes(type);
        if (value.size() < sizeof(T)) return std::nullopt;
        T result;
        std::memcpy(&result, value.data(), sizeof result);
        return result;
    }
    std::string text(std::size_t type) const {
        const auto value = bytes(type);
        return {value.begin(), std::find(value.begin(), value.end(), 0)};
    }
};

template <std::size_t Count, class Body>
std::optional<Attributes<Count>> attributes_of(const Reply& reply, Body& body) {
    const auto* header = reinterpret_cast<const nlmsghdr*>(reply.bytes.data());
    if (reply.bytes.size() < sizeof(nlmsghdr) + sizeof(Body)) return std::nullopt;
    std::memcpy(&body, mnl_nlmsg_get_payload(header), sizeof body);
    Attributes<Count> attributes;
    mnl_attr_parse(header, sizeof(Body), &Attributes<Count>::keep, &attributes);
    return attributes;
}

template <std::size_t Count>
Attributes<Count> nested(const nlattr* nest) {
    Attributes<Count> attributes;
    if (nest != nullptr) mnl_attr_parse_nested(nest, &Attributes<Count>::keep, &attributes);
    return attributes;
}

std::optional<bool> read_promotes_secondaries(const nlattr* families) {
    const auto inet = nested<AF_INET + 1>(families).by_type[AF_INET];
    const auto values = nested<IFLA_INET_CONF + 1>(inet).bytes(IFLA_INET_CONF);
    constexpr std::size_t place = (IPV4_DEVCONF_PROMOTE_SECONDARIES - 1) * sizeof(std::uint32_t);
    if (values.size() < place + sizeof(std::uint32_t)) return std::nullopt;
    std::uint32_t value = 0;
    std::memcpy(&value, values.data() + place, sizeof value);
    return value != 0;
}

}  // namespace

bool Link::is_up() const {
    return (flags & IFF_UP) != 0;
}
bool Link::is_loopback() const {
    return (flags & IFF_LOOPBACK) != 0;
}
bool Link::resolves_neighbours() const {
    return hardware == ARPHRD_ETHER && hardware_address_length == 6 &&
           (flags & (IFF_NOARP | IFF_LOOPBACK | IFF_POINTOPOINT)) == 0;
}
std::array<std::uint8_t, 6> Link::mac() const {
    std::array<std::uint8_t, 6> result{};
    std::copy_n(hardware_address.begin(), result.size(), result.begin());
    return result;
}

bool LinkAddress::is_secondary() const {
    return address.family == IpFamily::v4 && (flags & IFA_F_SECONDARY) != 0;
}
bool LinkAddress::failed_duplicate_detection() const {
    return (flags & IFA_F_DADFAILED) != 0;
}

Message build_get_link(std::uint32_t sequence, std::string_view name) {
    Builder builder(RTM_GETLINK, 0, sequence);
    builder.body<ifinfomsg>() = ifinfomsg{};
    builder.put_text(IFLA_IFNAME, name);
    builder.put(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return builder.take();
}

Message build_get_link(std::uint32_t sequence, std::uint32_t index) {
    Builder builder(RTM_GETLINK, 0, sequence);
    builder.body<ifinfomsg>().ifi_index = static_cast<int>(index);
    builder.put(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return builder.take();
}

Message build_dump_links(std::uint32_t sequence) {
    Builder builder(RTM_GETLINK, NLM_F_DUMP, sequence);
    builder.body<ifinfomsg>() = ifinfomsg{};
    builder.put(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return builder.take();
}

Message build_dump_addresses(std::uint32_t sequence, IpFamily family, std::uint32_t link) {
    Builder builder(RTM_GETADDR, NLM_F_DUMP, sequence);
    auto& body = builder.body<ifaddrmsg>();
    body.ifa_family = os_family(family);
    body.ifa_index = link;
    return builder.take();
}

Message build_get_address(std::uint32_t sequence, std::uint32_t link, const IpAddress& address) {
    Builder builder(RTM_GETADDR, 0, sequence);
    auto& body = builder.body<ifaddrmsg>();
    body.ifa_family = os_family(address.family);
    body.ifa_index = link;
    builder.put(IFA_ADDRESS, address);
    return builder.take();
}

Message build_get_route(std::uint32_t sequence, const IpAddress& destination) {
    Builder builder(RTM_GETROUTE, 0, sequence);
    auto& body = builder.body<rtmsg>();
    body.rtm_family = os_family(destination.family);
    body.rtm_dst_len = destination.prefix_max();
    body.rtm_flags = RTM_F_FIB_MATCH | RTM_F_LOOKUP_TABLE;
    builder.put(RTA_DST, destination);
    return builder.take();
}

Message build_add_address(std::uint32_t sequence, const LinkAddress& address) {
    auto builder =
        address_request(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sequence, address);
    builder.put(IFA_ADDRESS, address.address);
    if (address.address.family == IpFamily::v6) builder.put(IFA_FLAGS, IFA_F_NODAD);
    return builder.take();
}

Message build_remove_address(std::uint32_t sequence, const LinkAddress& address) {
    return address_request(RTM_DELADDR, NLM_F_ACK, sequence, address).take();
}

Message build_promote_secondaries(std::uint32_t sequence, std::uint32_t link) {
    Builder builder(RTM_SETLINK, NLM_F_ACK, sequence);
    builder.body<ifinfomsg>().ifi_index = static_cast<int>(link);
    nlattr* families = builder.nest(IFLA_AF_SPEC);
    nlattr* inet = builder.nest(AF_INET);
    nlattr* settings = builder.nest(IFLA_INET_CONF);
    builder.put(IPV4_DEVCONF_PROMOTE_SECONDARIES, 1U);
    builder.close(settings);
    builder.close(inet);
    builder.close(families);
    return builder.take();
}

std::optional<Reply> take_reply(std::span<const std::uint8_t>& datagram) {
    const auto* header = reinterpret_cast<const nlmsghdr*>(datagram.data());
    if (datagram.size() < sizeof(nlmsghdr)) return std::nullopt;
    if (!mnl_nlmsg_ok(header, static_cast<int>(datagram.size()))) return std::nullopt;
    Reply reply{header->nlmsg_type, header->nlmsg_flags, header->nlmsg_seq,
                datagram.first(header->nlmsg_len)};
    datagram =
        datagram.subspan(std::min<std::size_t>(MNL_ALIGN(header->nlmsg_len), datagram.size()));
    return reply;
}

std::optional<Link> read_link(const Reply& reply) {
    ifinfomsg body{};
    if (reply.type != RTM_NEWLINK) return std::nullopt;
    const auto attributes = attributes_of<IFLA_MAX + 1>(reply, body);
    if (!attributes || body.ifi_index <= 0) return std::nullopt;

    Link link;
    link.index = static_cast<std::uint32_t>(body.ifi_index);
    link.hardware = body.ifi_type;
    link.flags = body.ifi_flags;
    link.name = attributes->text(IFLA_IFNAME);
    if (link.name.empty()) return std::nullopt;
    link.has_carrier = attributes->template number<std::uint8_t>(IFLA_CARRIER).value_or(0) != 0;
    const auto mac = attributes->bytes(IFLA_ADDRESS);
    if (mac.size() <= link.hardware_address.size()) {
        std::copy(mac.begin(), mac.end(), link.hardware_address.begin());
        link.hardware_address_length = static_cast<std::uint8_t>(mac.size());
    }
    const auto details = nested<IFLA_INFO_MAX + 1>(attributes->by_type[IFLA_LINKINFO]);
    link.kind = details.text(IFLA_INFO_KIND);
    link.promotes_secondaries = read_promotes_secondaries(attributes->by_type[IFLA_AF_SPEC]);
    return link;
}

std::optional<LinkAddress> read_address(const Reply& reply) {
    ifaddrmsg body{};
    if (reply.type != RTM_NEWADDR) return std::nullopt;
    const auto attributes = attributes_of<IFA_MAX + 1>(reply, body);
    if (!attributes || body.ifa_index == 0) return std::nullopt;

    // IFA_LOCAL is the host's own address; IPv6 gives it only where the far end differs.
    auto local = ip_from_bytes(attributes->bytes(IFA_LOCAL));
    auto network = ip_from_bytes(attributes->bytes(IFA_ADDRESS));
    if (!local) local = network;
    if (!network) network = local;
    if (!local || os_family(local->family) != body.ifa_family || network->family != local->family ||
        body.ifa_prefixlen > local->prefix_max())
        return std::nullopt;
    return LinkAddress{
        body.ifa_index, *local, *network, body.ifa_prefixlen,
        attributes->template number<std::uint32_t>(IFA_FLAGS).value_or(body.ifa_flags)};
}

std::optional<RouteMatch> read_route(const Reply& reply) {
    rtmsg body{};
    if (reply.type != RTM_NEWROUTE) return std::nullopt;
    const auto attributes = attributes_of<RTA_MAX + 1>(reply, body);
    if (!attributes) return std::nullopt;
    return RouteMatch{body.rtm_type == RTN_LOCAL, body.rtm_dst_len,
                      attributes->template number<std::uint32_t>(RTA_OIF).value_or(0)};
}

std::optional<Verdict> read_verdict(const Reply& reply) {
    if (reply.type != NLMSG_ERROR || reply.bytes.size() < NLMSG_HDRLEN + sizeof(nlmsgerr))
        return std::nullopt;
    nlmsgerr body{};
    std::memcpy(&body, reply.bytes.data() + NLMSG_HDRLEN, sizeof body);
    Verdict verdict{-body.error, {}};
    if ((reply.flags & NLM_F_ACK_TLVS) != 0) {
        // The request follows, whole unless capped, then the kernel's own words.
        std::size_t offset = sizeof(nlmsgerr);
        if ((reply.flags & NLM_F_CAPPED) == 0 && body.msg.nlmsg_len > sizeof(nlmsghdr))
            offset += MNL_ALIGN(body.msg.nlmsg_len - sizeof(nlmsghdr));
        if (reply.bytes.size() < NLMSG_HDRLEN + offset) return verdict;
        Attributes<NLMSGERR_ATTR_MAX + 1> attributes;
        mnl_attr_parse(reinterpret_cast<const nlmsghdr*>(reply.bytes.data()),
                       static_cast<unsigned>(offset), &decltype(attributes)::keep, &attributes);
        verdict.text = attributes.text(NLMSGERR_ATTR_MSG);
    }
    return verdict;
}

}  // namespace ha::support
