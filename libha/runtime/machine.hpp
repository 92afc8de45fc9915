// What the machine says about itself: its boot clock, its boot id, its random numbers.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace ha::runtime {

/// The boot clock (counts suspend), which all instants of this node are readings of.
Instant now();
/// The boot id of the running kernel.
Result<BootId> read_boot_id();
/// "8c1ff08c-6d0a-4f4a-9d0e-3a1f1c6a1b1e", with or without dashes.
Result<BootId> parse_boot_id(std::string_view text);
/// What tells that this is a virtual machine, for people: "type kvm"; empty: nothing does, which
/// proves nothing.
std::string sign_of_hypervisor();
/// The same, of these files.
std::string sign_of_hypervisor(std::string_view cpuinfo, std::string_view type);
/// From the kernel's random device; blocks only before that is ready, early after boot.
void fill_random(std::uint8_t* out, std::size_t size);
Seed random_seed();

template <class Tag>
Id128<Tag> random_id() {
    Id128<Tag> out;
    do fill_random(out.bytes.data(), out.bytes.size());
    while (!out);
    return out;
}
inline StoreId random_store_id() { return random_id<StoreIdTag>(); }

}  // namespace ha::runtime
