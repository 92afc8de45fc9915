// The floating address resource: what it does on the operating system.
#include "resource/fip/fip.hpp"

#include <cerrno>

namespace ha::fip {

using plugin::ErrorCode;
using plugin::Severity;
using support::IpFamily;
using support::Link;
using support::LinkAddress;
using support::RouteSocket;

namespace {

constexpr std::uint32_t k_loopback = 1;  // the number of "lo" in every network namespace
/// An address may be on a link more than once, with different prefixes.
constexpr int k_removals_max = 16;
/// How often is_cancelled is asked where the host offers no descriptor for it.
constexpr Nanoseconds k_cancel_poll = std::chrono::milliseconds(50);

/// Takes the value of a result, or throws its error with the place it happened.
template <class T>
T take(support::Result<T> result, const std::string& what) {
    if (!result) {
        const auto& error = result.error();
        const auto code = error.os == ENODEV  ? ErrorCode::not_found
                          : error.os == EPERM ? ErrorCode::refused
                                              : ErrorCode::io;
        throw plugin::Error(code, what + ": " + error.text +
                                      (error.os == EPERM ? " (CAP_NET_ADMIN is needed)" : ""));
    }
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

bool is_handover(const plugin::Operation& operation) {
    const auto& abi = operation.abi();
    return abi.event == HA_EVENT_FAILOVER || abi.factor == HA_FACTOR_GROUP_MOVE ||
           abi.factor == HA_FACTOR_GROUP_FAILOVER || abi.factor == HA_FACTOR_GROUP_RESTART ||
           abi.factor == HA_FACTOR_RESOURCE_RESTART;
}

}  // namespace

FloatingIp::FloatingIp(const plugin::Context& context)
    : host_(context.host()),
      settings_(read_settings(context.parameters())),
      announcer_(context.host()) {}

RouteSocket FloatingIp::open_route() const {
    return take(RouteSocket::open(), name());
}

FloatingIp::Place FloatingIp::find_on_named_link(RouteSocket& route) const {
    Place place;
    place.link = take(route.link_named(settings_.link), name());
    place.is_present = take(route.is_on_link(place.link.index, settings_.address), name());
    std::optional<std::uint8_t> of_network;
    if (!settings_.prefix && !place.is_present)
        of_network = support::network_prefix(
            settings_.address,
            take(route.addresses(settings_.address.family, place.link.index), name()),
            place.link.index);
    place.prefix = choose_prefix(settings_, of_network);
    return place;
}

FloatingIp::Place FloatingIp::find_place(RouteSocket& route) const {
    if (!settings_.link.empty()) return find_on_named_link(route);
    const auto addresses = take(route.addresses(settings_.address.family, 0), name());
    const auto choice = support::choose_link(settings_.address, addresses, k_loopback);
    if (!choice) throw plugin::Error(ErrorCode::not_found, choice.error().text);
    Place place{take(route.link_at(choice->link), name()), choose_prefix(settings_, choice->prefix),
                choice->is_present};
    if (choice->rivals > 0 && !choice->is_present)
        host_.log(Severity::warning,
                  name() + ": " + std::to_string(choice->rivals + 1) +
                      " links are on its network; " + place.link.name +
                      " is taken (longest prefix, then lowest number). Name one by \"interface\" "
                      "to choose another");
    return place;
}

LinkAddress FloatingIp::target_on(std::uint32_t link, std::uint8_t prefix) const {
    return LinkAddress{link, settings_.address, settings_.address, prefix, 0};
}

void FloatingIp::prepare_severing(const LinkAddress& target) {
    {
        const std::lock_guard lock(severing_mutex_);
        if (severing_ && severing_->target.link == target.link &&
            severing_->target.prefix == target.prefix)
            return;
    }
    Severing severing{open_route(), target, support::build_remove_address(1, target)};
    // The same for whoever severs when this process cannot, with a socket that nobody else reads.
    const auto socket = open_route();
    plugin::hand_over(host_, {plugin::SeverAction::netlink(socket.fd(), severing.message)
                                  .harmless_if({EADDRNOTAVAIL, ENODEV})});
    const std::lock_guard lock(severing_mutex_);
    severing_ = std::move(severing);
}

void FloatingIp::check_link(const Link& link) const {
    const auto fault = find_link_fault(link);
    if (!fault) return;
    if (settings_.link_down_is_failure)
        throw plugin::Error(ErrorCode::unavailable, name() + ": " + *fault);
    host_.log(Severity::warning, name() + ": " + *fault + "; started all the same");
}

void FloatingIp::check_own_links(RouteSocket& route, const Place& place) const {
    const auto holder = take(route.link_by_route(settings_.address), name());
    if (!holder || *holder == place.link.index) return;
    // On the loopback link it is how real servers behind a balancer hold an address: no conflict.
    if (*holder == k_loopback) return;
    const auto link = take(route.link_at(*holder), name());
    const auto text =
        name() + " is already on link " + link.name + " of this node, not on " + place.link.name;
    if (!settings_.force)
        throw plugin::Error(ErrorCode::refused,
                            text + "; remove it there or name that link by \"interface\"");
    host_.event(Severity::warning, "address_forced", text + "; taken by force");
}

std::optional<Mac> FloatingIp::ask_wire(Wire& wire, Nanoseconds timeout,
                                        const plugin::Operation& operation) const {
    const auto begin = Wire::Clock::now();
    const auto end = begin + std::min(timeout, operation.remaining());
    auto probe_again = begin + timeout / 2;  // for a probe that was lost
    (void)take(wire.probe(), name());
    for (;;) {
        const auto now = Wire::Clock::now();
        auto until = std::min(end, std::max(probe_again, now));
        if (operation.cancel_fd() < 0) until = std::min(until, now + k_cancel_poll);
        const auto answer = wire.listen(until, operation.cancel_fd());
        operation.check();
        if (answer.heard == Wire::Heard::claim && !is_own_mac(answer.mac)) return answer.mac;
        const auto after = Wire::Clock::now();
        if (after >= end) return std::nullopt;
        if (after >= probe_again) {
            (void)take(wire.probe(), name());
            probe_again = Wire::Clock::time_point::max();
        }
    }
}

void FloatingIp::check_duplicates(Wire& wire, const plugin::Operation& operation) const {
    const auto timeout = check_timeout(settings_, is_handover(operation));
    if (timeout == Nanoseconds::zero()) return;
    std::optional<Mac> holder = ask_wire(wire, timeout, operation);
    for (unsigned i = 0; holder && i < settings_.check_retries; ++i) {
        host_.log(Severity::warning, name() + " is held by " + fip::to_string(*holder) +
                                         "; looked for again after the interval");
        const auto next = Wire::Clock::now() + settings_.check_interval;
        while (Wire::Clock::now() < next) {
            auto until = next;
            if (operation.cancel_fd() < 0)
                until = std::min(next, Wire::Clock::now() + k_cancel_poll);
            (void)wire.listen(until, operation.cancel_fd());
            operation.check();
        }
        holder = ask_wire(wire, timeout, operation);
    }
    if (!holder) return;
    const auto text = name() + " is in use by " + fip::to_string(*holder);
    if (!settings_.force) {
        host_.event(Severity::error, "address_in_use", text);
        throw plugin::Error(ErrorCode::refused,
                            text +
                                "; take it off that holder, give another address, or set "
                                "\"force\" to activate it all the same");
    }
    host_.event(Severity::warning, "address_forced", text + "; taken by force");
}

void FloatingIp::check_still_wanted(const plugin::Operation& operation) const {
    operation.check();
    if (is_severed_) throw plugin::Error(ErrorCode::refused, name() + ": severed during its start");
    const auto& epoch = operation.epoch();
    if (epoch.incarnation != 0 && !host_.is_valid(epoch))
        throw plugin::Error(ErrorCode::refused,
                            name() + ": this activation is over (epoch no longer valid)");
    if (host_.now_ns() >= host_.not_after_ns())
        throw plugin::Error(ErrorCode::refused, name() + ": the node's lease is over");
}

void FloatingIp::claim(RouteSocket& route, const Place& place, const plugin::Operation& operation) {
    const auto target = target_on(place.link.index, place.prefix);
    // Else the removal of one address would take the others of its network along.
    const bool has_neighbours = settings_.address.family == IpFamily::v4 && place.prefix < 32;
    if (has_neighbours && place.link.promotes_secondaries == false) {
        take(route.promote_secondaries(place.link.index), name());
        host_.log(Severity::info, "promote_secondaries set on link " + place.link.name +
                                      ": removing one address must leave the others");
    }
    check_still_wanted(operation);
    (void)take(route.add(target), name() + " on link " + place.link.name);
    try {
        check_still_wanted(operation);
    } catch (...) {
        (void)route.remove(target);
        throw;
    }
}

void FloatingIp::announce(Wire wire, const Place& place, const plugin::Operation& operation) {
    const Announcer::Task task{settings_, place.link.index, operation.epoch(), Wire::Clock::now()};
    unsigned turn = 0;
    for (; turn < std::min(settings_.announce_count, 2U); ++turn) {
        const auto sent = wire.announce(turn);
        if (!sent) host_.log(Severity::warning, sent.error().text);
    }
    if (turn < settings_.announce_count || settings_.duplicate_check)
        announcer_.start(std::move(wire), task, turn);
}

void FloatingIp::start(const plugin::Operation& operation) {
    announcer_.request_stop();
    is_severed_ = false;
    auto route = open_route();
    const auto place = find_place(route);
    prepare_severing(target_on(place.link.index, place.prefix));
    check_link(place.link);
    if (!place.is_present) check_own_links(route, place);

    std::optional<Wire> wire;
    if (place.link.resolves_neighbours())
        wire = take(Wire::open(place.link.index, settings_.address, place.link.mac()), name());
    const bool can_ask = wire && place.link.is_up() && !place.is_present;
    if (can_ask) check_duplicates(*wire, operation);
    if (!place.is_present) claim(route, place, operation);
    if (wire && place.link.is_up()) announce(*std::move(wire), place, operation);
}

std::vector<LinkAddress> FloatingIp::find_holders(RouteSocket& route) const {
    std::uint32_t link = 0;
    if (!settings_.link.empty()) {
        auto named = route.link_named(settings_.link);
        if (!named && named.error().os == ENODEV) return {};  // gone, and the address with it
        link = take(std::move(named), name()).index;
    }
    auto holders = take(route.addresses(settings_.address.family, link), name());
    std::erase_if(holders, [&](const LinkAddress& entry) {
        return entry.address != settings_.address || (link == 0 && entry.link == k_loopback);
    });
    return holders;
}

void FloatingIp::stop(const plugin::Operation&) {
    announcer_.request_stop();
    auto route = open_route();
    for (int i = 0; i < k_removals_max; ++i) {
        const auto holders = find_holders(route);
        if (holders.empty()) {
            const std::lock_guard lock(severing_mutex_);
            severing_.reset();
            return;
        }
        for (const auto& holder : holders) (void)take(route.remove(holder), name());
    }
    throw plugin::Error(ErrorCode::io, name() + " is still on this node after it was removed " +
                                           std::to_string(k_removals_max) +
                                           " times: something else on this node adds it again");
}

plugin::Status FloatingIp::probe(const plugin::Operation& operation) {
    operation.check();
    auto route = open_route();
    std::optional<std::uint32_t> index;
    if (settings_.link.empty()) index = take(route.link_by_route(settings_.address), name());
    operation.check();  // the kernel may be slow to answer, and somebody waits for us
    std::optional<Link> link;
    if (index && *index != k_loopback) {
        link = take(route.link_at(*index), name());
    } else {
        const auto holders = find_holders(route);
        if (!holders.empty()) link = take(route.link_at(holders.front().link), name());
    }
    if (!link) return plugin::Status::offline;
    const auto entry = settings_.address.family == IpFamily::v6
                           ? take(route.find(link->index, settings_.address), name())
                           : std::nullopt;
    if (entry && entry->failed_duplicate_detection()) {
        operation.explain(name() + ": the kernel found it in use by another host");
        return plugin::Status::failed;
    }
    const auto prefix = entry ? entry->prefix : choose_prefix(settings_, std::nullopt);
    prepare_severing(target_on(link->index, prefix));
    const auto rival = announcer_.rival();
    if (rival && !settings_.force) {
        operation.explain(name() + " is also claimed by " + fip::to_string(*rival));
        return plugin::Status::failed;
    }
    const auto fault = find_link_fault(*link);
    if (fault) operation.explain(name() + ": " + *fault);
    const bool is_failed = fault && settings_.link_down_is_failure;
    return is_failed ? plugin::Status::failed : plugin::Status::online;
}

const void* FloatingIp::get_extension(const char* id) noexcept {
    return plugin::is_exclusive_asked(id) ? &plugin::k_exclusive : nullptr;
}

bool FloatingIp::sever_prepared() {
    const std::lock_guard lock(severing_mutex_);
    if (!severing_) return false;
    const int os = severing_->socket.order_prepared(severing_->message);
    if (os != 0 && os != EADDRNOTAVAIL && os != ENODEV)
        throw plugin::system_error("severing " + name(), os);
    return true;
}

void FloatingIp::sever(const plugin::Operation&) {
    is_severed_ = true;
    announcer_.silence();
    if (sever_prepared()) return;
    // This instance has neither started it nor found it by a probe: look, a few messages more.
    auto route = open_route();
    for (const auto& holder : find_holders(route)) (void)take(route.remove(holder), name());
}

}  // namespace ha::fip
