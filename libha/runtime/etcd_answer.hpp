// What is said to an etcd and what it answers, as JSON (its v3 gateway, /v3/kv/range and others).
//
// Pure: text in, values out. Keys and values travel in base64, whole numbers of 64 bits as texts,
// and a field that is zero, false or empty is left out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ha::runtime {

/// What is kept of one cluster, in base64, with room for the record; an answer is no longer.
inline constexpr std::size_t k_limit_etcd_answer_bytes = 2 * 1024 * 1024;
inline constexpr std::size_t k_limit_etcd_values = 1024;

struct EtcdValue {
    std::string key;
    Bytes value;
    std::uint64_t revision = 0;        ///< at which the key was written last
    bool operator==(const EtcdValue&) const = default;
};

struct EtcdRange {
    std::uint64_t cluster = 0;         ///< which etcd this is: the same for all its members
    std::uint64_t revision = 0;        ///< of the whole store, when it was read
    std::vector<EtcdValue> values;
    bool operator==(const EtcdRange&) const = default;
};

/// A transaction: only if `key` was written last at `revision` (0: it does not exist), all that
/// follows; nothing else.
struct EtcdSwap {
    std::string key;
    std::uint64_t revision = 0;
    std::vector<std::pair<std::string, Bytes>> puts;
    std::string erase_from, erase_to;  ///< the keys from the one to before the other; empty: none
};

std::string to_base64(ByteView bytes);
/// Fails on any other character, a wrong length, or padding that is not zero.
Result<Bytes> from_base64(std::string_view text);

std::string range_request(std::string_view from, std::string_view to);
std::string swap_request(const EtcdSwap& swap);
std::string login_request(std::string_view user, std::string_view password);

// The failures say what is wrong with the answer, as a part of a sentence.
Result<EtcdRange> decode_range(std::string_view text);
/// Was it carried out? `cluster` (may be null): in which etcd.
Result<bool> decode_swap(std::string_view text, std::uint64_t* cluster = nullptr);
/// The token.
Result<std::string> decode_login(std::string_view text);
/// What an etcd says of a request that it refused; the text itself when it is none of its forms.
std::string decode_refusal(std::string_view text);

}  // namespace ha::runtime
