// The key file: the cluster's secret keys, readable by their owner alone.
//
//     # made on web1
//     1 5f0c...64 hexadecimal digits...
//     2 9a41...
//     use 2
//
// One key a line: its number, then 256 bits. `use` names the key for new sessions; without it the
// highest number is used. Several keys are there only while a rotation is under way (safety.md F17).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "wire/crypto.hpp"

namespace ha::runtime {

inline constexpr std::size_t k_limit_keys = 16;
inline constexpr std::size_t k_limit_key_file_bytes = 64 * 1024;

struct Keys {
    std::vector<std::pair<std::uint32_t, wire::Key>> keys;  ///< by number, ascending
    std::uint32_t key_in_use = 0;
};

/// Refuses a file that others may read, and one that belongs to somebody else (root excepted).
Result<Keys> read_key_file(const std::string& path);
/// `name` is said in errors.
Result<Keys> parse_keys(std::string_view text, const std::string& name);
/// Makes a new file, mode 0600, with one random key, number 1, and makes it durable. Never
/// overwrites: a lost key locks a node out.
Result<void> write_new_key_file(const std::string& path);

}  // namespace ha::runtime
