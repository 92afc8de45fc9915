// Limits of the wire: sizes of packets and windows, pace of handshakes and transfers.
#pragma once

#include "base/limits.hpp"
#include "base/time.hpp"
#include "wire/crypto.hpp"

namespace ha::wire {

/// More entries than the log keeps between two snapshots never travel in one message.
inline constexpr std::size_t k_limit_append_entries = 2 * k_limit_log_entries;

/// Clear header of a data packet; see packet.hpp.
inline constexpr std::size_t k_data_header_bytes = 24;
inline constexpr std::size_t k_payload_bytes_max =
    k_limit_datagram_bytes - k_data_header_bytes - k_seal_overhead_bytes;
/// Frame kind and message number stand before a message.
inline constexpr std::size_t k_message_frame_bytes = 9;
/// The largest message that travels in one datagram.
inline constexpr std::size_t k_small_message_bytes = k_payload_bytes_max - k_message_frame_bytes;

/// A session makes room for a new one at this many packets (safety.md F17).
inline constexpr std::uint64_t k_limit_session_packets = std::uint64_t{1} << 48;
/// What a session may still send while its successor is being made.
inline constexpr std::uint64_t k_session_packets_grace = std::uint64_t{1} << 20;

/// Interconnects that a session may see, with those that configurations took away meanwhile.
inline constexpr std::size_t k_limit_session_windows = 4 * k_limit_interconnects;

/// Hellos: the first ones come quickly, so that a returning node is heard fast.
inline constexpr Duration k_hello_first = 20ms;
inline constexpr Duration k_hello_last = 1s;
/// A session without a packet for this long is asked for anew; the old one goes on meanwhile.
inline constexpr Duration k_silence_before_hello = 1s;
/// A nonce given out as an answer and not echoed for this long is replaced by a fresh one.
inline constexpr Duration k_nonce_age_max = 5s;
/// A replaced session still opens what was under way.
inline constexpr Duration k_previous_session_kept = 2s;
/// Answers to hellos, which anybody may replay: a burst, then one in each interval.
inline constexpr unsigned k_answers_burst = 8;
inline constexpr Duration k_answer_interval = 10ms;

/// Fragments: kind, transfer, size of the whole, place.
inline constexpr std::size_t k_fragment_header_bytes = 17;
inline constexpr std::size_t k_fragment_bytes = k_payload_bytes_max - k_fragment_header_bytes;
/// Transfers to one peer that wait or are under way, and their bytes.
inline constexpr std::size_t k_limit_transfers = 4;
inline constexpr std::size_t k_limit_transfer_bytes = 2 * k_limit_message_bytes;
/// Fragments under way to one peer: fewer than the usual socket buffer holds (212,992 bytes at
/// about 2,300 a packet), with room for heartbeats, which share the socket.
inline constexpr std::size_t k_window_first = 16;
inline constexpr std::size_t k_window_min = 8;
inline constexpr std::size_t k_window_max = 64;
/// The newest fragment sent is less than this ahead of the oldest that is missing.
inline constexpr std::size_t k_window_span = 256;
inline constexpr Duration k_retransmit_first = 50ms;
inline constexpr Duration k_retransmit_min = 10ms;
inline constexpr Duration k_retransmit_max = 1s;
inline constexpr Duration k_acknowledge_delay = 2ms;
inline constexpr unsigned k_acknowledge_every = 8;
/// A transfer that gets nowhere for this long is given up, by either side.
inline constexpr Duration k_transfer_give_up = 10s;

/// One record of the store.
inline constexpr std::size_t k_limit_record_bytes = 64 * 1024 * 1024;

}  // namespace ha::wire
