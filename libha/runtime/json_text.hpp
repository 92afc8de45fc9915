// JSON text of others as a tree of values: small, bounded in depth and number, no exceptions.
//
// For answers of a server that is asked about little. Configurations have a reader of their own,
// which knows lines and gives advice.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ha::runtime {

inline constexpr int k_limit_json_depth = 16;
inline constexpr std::size_t k_limit_json_values = 64 * 1024;

struct JsonValue {
    enum class Kind { null, boolean, number, text, list, object };
    Kind kind = Kind::null;
    bool is_true = false;
    std::string text;                  ///< of a text its content, of a number as it was written
    std::vector<JsonValue> items;
    std::vector<std::pair<std::string, JsonValue>> members;

    /// Null when this is no object, or has no such member.
    const JsonValue* find(std::string_view name) const;
};

/// None: it is no JSON, or beyond the limits.
std::optional<JsonValue> parse_json(std::string_view text);
/// As a JSON text, with its quotes.
std::string to_json_text(std::string_view text);

}  // namespace ha::runtime
