// Loading: floating addresses that more than one group has.
//
// An address can be active at one place only. Two groups that both run have it at two, and each
// would be taken on the other's node for something that somebody has started by hand.
#include <arpa/inet.h>

#include <array>
#include <utility>
#include <vector>

#include "config/loading.hpp"

namespace ha::config {

namespace {

constexpr std::string_view k_floating_type = "fip";

struct FloatingAddress {
    std::string address;  ///< in one form, without prefix and link
    std::string link;     ///< empty: whichever is on its network
    auto operator<=>(const FloatingAddress&) const = default;
};
struct Holder {
    const model::GroupSpec* group = nullptr;
    const model::ResourceSpec* resource = nullptr;
};

/// Empty: it is none, which is said elsewhere.
std::string in_one_form(const std::string& text) {
    std::array<char, INET6_ADDRSTRLEN> out{};
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    for (const int family : {AF_INET, AF_INET6})
        if (inet_pton(family, text.c_str(), bytes.data()) == 1 &&
            inet_ntop(family, bytes.data(), out.data(), out.size()) != nullptr)
            return out.data();
    return {};
}

/// address[/prefix][%link], and "interface" beside it.
FloatingAddress floating_address(const model::Parameters& parameters) {
    const auto value = [&](const char* name) {
        const auto at = parameters.find(name);
        return at == parameters.end() ? std::string() : at->second;
    };
    const auto text = value("address");
    FloatingAddress out{in_one_form(text.substr(0, text.find_first_of("/%"))), value("interface")};
    if (const auto percent = text.find('%'); percent != text.npos)
        out.link = text.substr(percent + 1, text.find('/', percent) - percent - 1);
    return out;
}

std::set<FloatingAddress> addresses_of(const model::GroupSpec& group,
                                       const model::ResourceSpec& resource) {
    std::set<FloatingAddress> out;
    for (const auto node : group.policy)
        out.insert(floating_address(model::parameters_on(resource, node)));
    std::erase_if(out, [](const FloatingAddress& one) { return one.address.empty(); });
    return out;
}

bool is_on_one_link(const FloatingAddress& a, const FloatingAddress& b) {
    return a.address == b.address && (a.link.empty() || b.link.empty() || a.link == b.link);
}

/// Who starts its groups by hand may mean to run one of them at a time.
void say_twice(Loading& loading, const Holder& first, const Holder& second,
               const std::string& address) {
    const auto* place = loading.document.find("groups");
    for (const auto& name : {second.group->name, std::string("resources"), second.resource->name})
        if (place != nullptr) place = place->find(name);
    if (place == nullptr) return;
    const auto path = "groups." + second.group->name + ".resources." + second.resource->name;
    const auto text = "group " + first.group->name + " has the address " + address +
                      " as well (resource " + first.resource->name + ")";
    const bool may_be_meant = first.group->startup == model::Startup::manual ||
                              second.group->startup == model::Startup::manual;
    if (may_be_meant)
        loading.problems.warning(place->place, path,
                                 text + ": never start both, for it can be active at one place "
                                        "only");
    else
        loading.problems.error(place->place, path,
                               text + ", and it can be active at one place only; give one of them "
                                      "another address, put both into one group, or name "
                                      "different links by 'interface'");
}

}  // namespace

void check_addresses(Loading& loading) {
    std::vector<std::pair<FloatingAddress, Holder>> known;
    for (const auto& group : loading.spec.groups) {
        for (const auto& resource : group.resources) {
            if (resource.type != k_floating_type) continue;
            const Holder holder{&group, &resource};
            const auto own = addresses_of(group, resource);
            for (const auto& one : own) {
                const auto other =
                    std::find_if(known.begin(), known.end(), [&](const auto& entry) {
                        return entry.second.group != &group && is_on_one_link(entry.first, one);
                    });
                if (other == known.end()) continue;
                say_twice(loading, other->second, holder, one.address);
                break;
            }
            for (const auto& one : own) known.emplace_back(one, holder);
        }
    }
}

}  // namespace ha::config
