// Text of people in the state: cut where a limit says so, and never in the middle of a character.
#pragma once

#include <string>
#include <string_view>

#include "base/limits.hpp"

namespace ha::model {

/// Of an id.
inline std::string number_of(auto id) { return std::to_string(id.value); }

/// At most k_limit_reason_bytes of the text. A cut text stays valid UTF-8 if it was.
inline std::string_view clipped_reason(std::string_view text) {
    if (text.size() <= k_limit_reason_bytes) return text;
    auto end = k_limit_reason_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) end--;
    return text.substr(0, end);
}

}  // namespace ha::model
