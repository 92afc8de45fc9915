// Limits: everything that can grow has one, and it has a name here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ha {

inline constexpr std::size_t k_limit_nodes = 64;
inline constexpr std::size_t k_limit_voters = 7;  ///< safety.md F29
inline constexpr std::size_t k_limit_interconnects = 8;
inline constexpr std::size_t k_limit_groups = 4096;
inline constexpr std::size_t k_limit_group_resources = 4096;
inline constexpr std::size_t k_limit_monitors = 8192;
inline constexpr std::size_t k_limit_fences = 8;  ///< of one node
inline constexpr std::size_t k_limit_tie_breaker_targets = 8;
inline constexpr std::size_t k_limit_target_bytes = 1024;
inline constexpr std::size_t k_limit_etcd_endpoints = 9;
inline constexpr std::size_t k_limit_name_bytes = 63;
inline constexpr std::size_t k_limit_parameter_bytes = 64 * 1024;
inline constexpr std::size_t k_limit_parameters = 256;
inline constexpr std::size_t k_limit_reason_bytes = 512;

/// A datagram stays below the smallest path MTU we expect (IPv6 over Ethernet with tunnels).
inline constexpr std::size_t k_limit_datagram_bytes = 1400;
/// One message after reassembly: the whole cluster document with room to spare.
inline constexpr std::size_t k_limit_message_bytes = 8 * 1024 * 1024;
inline constexpr std::size_t k_limit_document_bytes = 4 * 1024 * 1024;
/// Configurations that the document may keep: in force, about to be, and on trial.
inline constexpr std::size_t k_limit_specs_bytes = 3 * 1024 * 1024;
inline constexpr std::size_t k_limit_entry_bytes = 4 * 1024 * 1024;
/// Entries kept after the last snapshot before a new one is made.
inline constexpr std::uint64_t k_limit_log_entries = 512;
/// What the witness keeps, sealed, of one cluster for a node that is behind (safety.md D6).
inline constexpr std::size_t k_limit_witness_kept_bytes = 512 * 1024;
/// Parts of that: the document, then batches of entries.
inline constexpr std::size_t k_limit_witness_parts = 512;
/// Requests of administrators under way on one node.
inline constexpr std::size_t k_limit_requests = 1024;
/// Replay window of a session and interconnect (safety.md F17).
inline constexpr std::uint64_t k_limit_replay_window = 1024;

static_assert(k_limit_document_bytes < k_limit_message_bytes);
static_assert(k_limit_specs_bytes < k_limit_document_bytes);
static_assert(k_limit_entry_bytes < k_limit_message_bytes);

}  // namespace ha
