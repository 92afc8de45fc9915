// Values of parameters: the one place where their text is parsed and checked, for the plugin's side
// (glove) and the host's side (configuration check) alike.
#pragma once

#include <arpa/inet.h>

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ha/plugin/descriptor.h"
#include "ha/plugin/limits.h"

namespace ha::plugin {

inline std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

inline std::optional<bool> parse_boolean(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return {};
}

struct DurationUnit {
    std::string_view name;
    std::int64_t ns;
};

/// Largest first, so that a duration is printed in the largest unit that divides it.
inline constexpr DurationUnit k_duration_units[] = {
    {"d", 86'400'000'000'000}, {"h", 3'600'000'000'000}, {"min", 60'000'000'000},
    {"s", 1'000'000'000},      {"ms", 1'000'000},        {"us", 1'000},
    {"ns", 1},
};

/// "250ms", "5s", "2min": a whole number and its unit. A number alone is no duration, since its
/// unit would be a guess.
inline std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || number < 0) return {};
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    for (const auto& known : k_duration_units) {
        if (unit != known.name) continue;
        if (number > std::numeric_limits<std::int64_t>::max() / known.ns) return {};
        return std::chrono::nanoseconds(number * known.ns);
    }
    return {};
}

inline std::string format_duration(std::chrono::nanoseconds duration) {
    if (duration.count() == 0) return "0s";
    for (const auto& unit : k_duration_units)
        if (duration.count() % unit.ns == 0)
            return std::to_string(duration.count() / unit.ns) + std::string(unit.name);
    return std::to_string(duration.count()) + "ns";
}

/// An IPv4 or IPv6 address, optionally with "/prefix".
inline bool is_address(std::string_view text) {
    const auto slash = text.find('/');
    const std::string host(text.substr(0, slash));
    unsigned char bytes[16];
    int bits = 0;
    if (inet_pton(AF_INET, host.c_str(), bytes) == 1) bits = 32;
    if (inet_pton(AF_INET6, host.c_str(), bytes) == 1) bits = 128;
    if (bits == 0) return false;
    if (slash == std::string_view::npos) return true;
    const auto prefix = parse_integer(text.substr(slash + 1));
    return prefix && *prefix >= 0 && *prefix <= bits;
}

/// The items of a list in its text form, views into it; the empty text is the empty list.
inline std::vector<std::string_view> split_list(std::string_view text, char separator = '\n') {
    std::vector<std::string_view> items;
    if (text.empty()) return items;
    for (;;) {
        const auto end = text.find(separator);
        items.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return items;
        text.remove_prefix(end + 1);
    }
}
/// A text that is gone before its items are looked at.
template <class Text>
    requires std::same_as<Text, std::string>
std::vector<std::string_view> split_list(Text&&, char = '\n') = delete;

namespace detail {

inline std::string range_text(const ha_parameter_t& p) {
    const auto show = [&](std::int64_t v) {
        return p.type == HA_PARAMETER_DURATION ? format_duration(std::chrono::nanoseconds(v))
                                               : std::to_string(v);
    };
    return show(p.minimum) + " to " + show(p.maximum);
}

inline bool in_range(const ha_parameter_t& p, std::int64_t value) {
    return (p.minimum == 0 && p.maximum == 0) || (value >= p.minimum && value <= p.maximum);
}

inline std::string check_choice(const ha_parameter_t& p, std::string_view value) {
    if (p.choices == nullptr) return {};
    std::string advice;
    for (auto choice : split_list(p.choices, '|')) {
        if (choice == value) return {};
        advice += (advice.empty() ? "" : ", ") + std::string(choice);
    }
    return "must be one of: " + advice;
}

inline std::string check_number(const ha_parameter_t& p, std::string_view value) {
    const bool is_integer = p.type == HA_PARAMETER_INTEGER;
    std::optional<std::int64_t> number;
    if (is_integer) {
        number = parse_integer(value);
    } else if (auto duration = parse_duration(value)) {
        number = duration->count();
    }
    if (!number) {
        return is_integer ? "must be a whole number"
                          : "must be a whole number with a unit (ns, us, ms, s, min, h, d), for "
                            "example 5s";
    }
    return in_range(p, *number) ? "" : "must be " + range_text(p);
}

inline std::string check_text(const ha_parameter_t& p, std::string_view value) {
    if (value.find('\0') != std::string_view::npos) return "must not contain a zero byte";
    if (p.type == HA_PARAMETER_PATH && (value.empty() || value.front() != '/'))
        return "must be an absolute path, beginning with /";
    if (!in_range(p, static_cast<std::int64_t>(value.size())))
        return "must be " + range_text(p) + " bytes long";
    return check_choice(p, value);
}

}  // namespace detail

/// What would be right when `value` is wrong for `p`; empty when it is right.
inline std::string check_value(const ha_parameter_t& p, std::string_view value) {
    if (value.size() > HA_LIMIT_PARAMETER_BYTES)
        return "must be at most " + std::to_string(HA_LIMIT_PARAMETER_BYTES) + " bytes long";
    switch (p.type) {
        case HA_PARAMETER_INTEGER:
        case HA_PARAMETER_DURATION: return detail::check_number(p, value);
        case HA_PARAMETER_BOOLEAN: return parse_boolean(value) ? "" : "must be true or false";
        case HA_PARAMETER_ADDRESS:
            return is_address(value) ? "" : "must be an IPv4 or IPv6 address, optionally /prefix";
        case HA_PARAMETER_LIST: {
            const auto items = split_list(value);
            if (!detail::in_range(p, static_cast<std::int64_t>(items.size())))
                return "must have " + detail::range_text(p) + " items";
            ha_parameter_t item = p;
            item.type = p.item_type;
            item.minimum = item.maximum = 0;
            for (auto text : items)
                if (auto advice = check_value(item, text); !advice.empty())
                    return "item '" + std::string(text) + "' " + advice;
            return {};
        }
        case HA_PARAMETER_STRING:
        case HA_PARAMETER_PATH: return detail::check_text(p, value);
        default: return "has a type that this program does not know";
    }
}

/// The whole sentence: parameter, offending value (never that of a secret), what would be right.
inline std::string describe_wrong_value(const ha_parameter_t& p, std::string_view value,
                                        std::string_view advice) {
    constexpr std::size_t k_shown_bytes_max = 80;
    std::string text = "parameter '" + std::string(p.name) + "'";
    if ((p.flags & HA_PARAMETER_SECRET) == 0) {
        text += " = '" + std::string(value.substr(0, k_shown_bytes_max));
        text += value.size() > k_shown_bytes_max ? "...'" : "'";
    }
    return text + " " + std::string(advice);
}

}  // namespace ha::plugin
