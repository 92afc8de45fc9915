// Boot clock, boot id and random numbers of this machine.
#include "runtime/machine.hpp"

#include <sys/random.h>
#include <time.h>

#include <cerrno>
#include <cstring>

#include "base/assert.hpp"
#include "runtime/posix.hpp"

namespace ha::runtime {

Instant now() {
    timespec t{};
    HA_ASSERT(::clock_gettime(CLOCK_BOOTTIME, &t) == 0);
    return Instant{static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec};
}

static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

Result<BootId> parse_boot_id(std::string_view text) {
    BootId out;
    std::size_t digits = 0;
    for (char c : text) {
        if (c == '-') continue;
        int d = digit_of(c);
        if (d < 0 || digits == 32) {
            digits = 0;
            break;
        }
        auto& byte = out.bytes[digits / 2];
        byte = static_cast<std::uint8_t>((byte << 4) | d);
        digits++;
    }
    if (digits != 32 || !out)
        return failure(FailureCode::invalid, "a boot id is 32 hexadecimal digits, not all zero, "
                                             "dashes allowed; got \"" + std::string(text) + "\"");
    return out;
}

Result<BootId> read_boot_id() {
    auto bytes = read_file("/proc/sys/kernel/random/boot_id", 256);
    if (!bytes) return bytes.error();
    std::string text(bytes->begin(), bytes->end());
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return parse_boot_id(text);
}

std::string sign_of_hypervisor(std::string_view cpuinfo, std::string_view type) {
    while (!type.empty() && type.back() == '\n') type.remove_suffix(1);
    if (!type.empty()) return "hypervisor " + std::string(type);
    // A word of the line of flags: x86 only, as nothing else tells it there.
    for (std::size_t at = 0; (at = cpuinfo.find("\nflags", at)) != std::string_view::npos; at++) {
        const auto line = cpuinfo.substr(at + 1, cpuinfo.find('\n', at + 1) - at - 1);
        for (auto word = line.find(" hypervisor"); word != std::string_view::npos;
             word = line.find(" hypervisor", word + 1)) {
            const auto end = word + std::string_view(" hypervisor").size();
            if (end == line.size() || line[end] == ' ') return "its processor says so";
        }
    }
    return {};
}

std::string sign_of_hypervisor() {
    constexpr std::size_t k_file_bytes = 1024 * 1024;
    const auto text = [](const char* path) {
        const auto bytes = read_file(path, k_file_bytes);
        return bytes ? std::string(bytes->begin(), bytes->end()) : std::string();
    };
    return sign_of_hypervisor(text("/proc/cpuinfo"), text("/sys/hypervisor/type"));
}

void fill_random(std::uint8_t* out, std::size_t size) {
    while (size > 0) {
        auto n = ::getrandom(out, size, 0);
        if (n < 0 && errno == EINTR) continue;
        HA_ASSERT(n > 0);
        out += n;
        size -= static_cast<std::size_t>(n);
    }
}

Seed random_seed() {
    Seed out;
    fill_random(reinterpret_cast<std::uint8_t*>(out.data()), sizeof out);
    return out;
}

}  // namespace ha::runtime
