// The floating address resource: an IPv4 or IPv6 address that is on this node's link while its
// group runs here. Netlink and packet sockets; no helper program, no shell.
//
//   start   find the link -> ask the wire whether somebody else has the address -> add it ->
//           announce it twice -> the announcer goes on in the background
//   stop    no announcement goes out any more -> remove -> list the link: gone
//   sever   the prepared removal, sent at once, from any thread
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ha/plugin.hpp"
#include "resource/fip/announcer.hpp"
#include "resource/fip/parameters.hpp"
#include "support/netlink/route.hpp"

namespace ha::fip {

class FloatingIp final : public plugin::Resource {
 public:
    static constexpr plugin::TypeInfo k_type{
        .name = "fip",
        .version = "1",
        .summary = "A floating IPv4 or IPv6 address that follows its group.",
        .requirement = plugin::Requirement::quorum,
        .sever_bound = std::chrono::milliseconds(2),
        .parameters = k_parameters,
    };

    explicit FloatingIp(const plugin::Context& context);

    void start(const plugin::Operation& operation) override;
    void stop(const plugin::Operation& operation) override;
    plugin::Status probe(const plugin::Operation& operation) override;
    void sever(const plugin::Operation& operation) override;
    const void* get_extension(const char* id) noexcept override;

 private:
    /// Where the address belongs, or is.
    struct Place {
        support::Link link;
        std::uint8_t prefix = 0;
        bool is_present = false;
    };
    /// The removal of the address, ready to be sent, with a socket of its own.
    struct Severing {
        support::RouteSocket socket;
        support::LinkAddress target;
        support::Message message;
    };

    support::RouteSocket open_route() const;
    Place find_place(support::RouteSocket& route) const;
    Place find_on_named_link(support::RouteSocket& route) const;
    void prepare_severing(const support::LinkAddress& target);
    void check_link(const support::Link& link) const;
    void check_own_links(support::RouteSocket& route, const Place& place) const;
    void check_duplicates(Wire& wire, const plugin::Operation& operation) const;
    std::optional<Mac> ask_wire(Wire& wire, Nanoseconds timeout,
                                const plugin::Operation& operation) const;
    void check_still_wanted(const plugin::Operation& operation) const;
    void claim(support::RouteSocket& route, const Place& place, const plugin::Operation& operation);
    /// False when nothing was prepared.
    bool sever_prepared();
    support::LinkAddress target_on(std::uint32_t link, std::uint8_t prefix) const;
    void announce(Wire wire, const Place& place, const plugin::Operation& operation);
    /// Every link the stop is about that has the address now.
    std::vector<support::LinkAddress> find_holders(support::RouteSocket& route) const;
    std::string name() const { return to_string(settings_.address); }

    plugin::Host host_;
    Settings settings_;
    Announcer announcer_;
    std::atomic<bool> is_severed_{false};
    std::mutex severing_mutex_;  // guards severing_; held for single calls into the kernel only
    std::optional<Severing> severing_;
};

}  // namespace ha::fip
