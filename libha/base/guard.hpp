// What a node's daemon and its guard share: one page of memory, and messages on a local socket.
//
// The page says until when this node may run what it runs. The daemon writes it in two copies, one
// after the other, each with a check sum: a daemon that dies while it writes leaves the older copy
// whole, and a reader never acts on a half-written one. With no whole copy the time is over.
//
//     daemon --- lease end, wishes ---> copies[0], copies[1]
//     guard  --- what it has done ----> verdict
//
// Both sides run on one machine and come from one build, or from neighbouring ones: structs only
// grow at their end, and `k_version` changes when their meaning does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/time.hpp"

namespace ha::guard {

inline constexpr std::uint32_t k_magic = 0x64476148;  // "HaGd"
inline constexpr std::uint32_t k_version = 1;

/// Resources that one guard can hold actions of.
inline constexpr std::size_t k_limit_resources = 4096;
inline constexpr std::size_t k_limit_actions = 4;      ///< of one resource
inline constexpr std::size_t k_limit_action_bytes = 128;
inline constexpr std::size_t k_limit_harmless = 4;
/// Resources told of in one reply.
inline constexpr std::size_t k_limit_told = 256;
inline constexpr std::size_t k_limit_path_bytes = 256;

// ---- the page -----------------------------------------------------------------------------------

/// What the daemon says. All fields are 64 bits wide, so that none can be half written by itself.
struct Word {
    std::uint64_t sequence = 0;        ///< grows by one; 0: nothing has been said yet
    std::uint64_t lease_end_ns = 0;    ///< by the boot clock; 0: no lease
    std::uint64_t sever_bound_ns = 0;  ///< severing begins so long before it
    std::uint64_t watchdog_wanted = 0; ///< 1: to be armed, 0: may be disarmed
    bool operator==(const Word&) const = default;
};

struct Copy {
    Word word;
    std::uint64_t check = 0;
    std::uint64_t unused[3] = {};
};
static_assert(sizeof(Copy) == 64 && std::is_trivially_copyable_v<Copy>);

enum class WatchdogState : std::uint64_t {
    none,      ///< no device was named
    idle,      ///< there, not armed
    armed,
    failed,    ///< could not be opened, fed or closed
};

/// What the guard says: counters and times, each whole by itself.
struct Verdict {
    std::uint64_t pid = 0;
    std::uint64_t alive_ns = 0;         ///< when it last looked, by the boot clock
    std::uint64_t severings = 0;        ///< how often time ran out while it held something
    std::uint64_t severed_at_ns = 0;    ///< the last time
    std::uint64_t sever_took_ns = 0;    ///< the last time
    std::uint64_t sever_took_max_ns = 0;
    std::uint64_t wake_late_ns = 0;     ///< of the last timer, after it was due
    std::uint64_t wake_late_max_ns = 0;
    std::uint64_t failures = 0;         ///< actions that could not be carried out
    std::uint64_t held = 0;             ///< resources whose actions it holds
    std::uint64_t is_realtime = 0;
    std::uint64_t is_locked = 0;
    std::uint64_t watchdog = 0;         ///< WatchdogState
    std::uint64_t watchdog_timeout_ns = 0;
    std::uint64_t watchdog_is_verified = 0;  ///< the device itself has confirmed that time
    std::uint64_t watchdog_feeds = 0;
};

struct Page {
    std::uint64_t magic = 0;
    std::uint64_t version = 0;
    std::uint64_t unused[6] = {};
    Copy copies[2];
    Verdict verdict;
};
static_assert(sizeof(Page) <= 4096 && std::is_trivially_copyable_v<Page>);

std::uint64_t check_of(const Word& word) noexcept;
/// The newest whole copy; a word without a lease when there is none.
Word read_word(const Page& page) noexcept;
/// Overwrites the older copy; `word.sequence` is set. One writer at a time.
void write_word(Page& page, Word word) noexcept;

/// A field of the verdict, or of the page, whole.
inline std::uint64_t load(const std::uint64_t& field) noexcept {
    return __atomic_load_n(&field, __ATOMIC_ACQUIRE);
}
inline void store(std::uint64_t& field, std::uint64_t value) noexcept {
    __atomic_store_n(&field, value, __ATOMIC_RELEASE);
}

/// When severing begins; `Instant{}` when there is no lease.
Instant sever_at(const Word& word) noexcept;

// ---- the messages -------------------------------------------------------------------------------
// One request, one reply, over SOCK_SEQPACKET in the run directory.

inline constexpr const char* k_socket_name = "guard";

enum class Ask : std::uint32_t {
    hello = 1,     ///< who are you; the reply carries the page's descriptor
    put = 2,       ///< hold these actions of a resource; carries their descriptors
    drop = 3,      ///< a resource was verified stopped
    tell = 4,      ///< the resources held, from number `first` on
    watchdog = 5,  ///< which device to use; while none is armed
    leave = 6,     ///< end, when nothing is held and nothing armed
};

struct Request {
    std::uint32_t magic = k_magic;
    std::uint32_t version = k_version;
    Ask ask = Ask::hello;
    std::uint32_t resource = 0;
    std::uint32_t group = 0;
    std::uint32_t epoch_node = 0;
    std::uint64_t incarnation = 0;
    std::uint64_t term = 0;
    std::uint32_t count = 0;           ///< of the actions that follow
    std::uint32_t first = 0;
};

/// `bytes` are inside: a request is one piece of memory.
struct Action {
    std::uint32_t kind = 0;            ///< HA_SEVER_*
    std::int32_t number = 0;
    std::uint32_t group = 0;
    std::uint32_t byte_count = 0;
    std::int32_t harmless[k_limit_harmless] = {};
    std::uint8_t bytes[k_limit_action_bytes] = {};
};

struct PutRequest {
    Request head;
    Action actions[k_limit_actions];
};

struct WatchdogRequest {
    Request head;
    char path[k_limit_path_bytes] = {};    ///< empty: none
    std::int64_t timeout_ns = 0;
    std::int64_t pretimeout_ns = 0;        ///< 0: none
};

struct Told {
    std::uint32_t resource = 0;
    std::uint32_t group = 0;
    std::uint32_t epoch_node = 0;
    std::uint32_t is_severed = 0;
    std::uint64_t incarnation = 0;
    std::uint64_t term = 0;
};

struct Reply {
    std::uint32_t magic = k_magic;
    std::uint32_t version = k_version;
    std::int32_t error = 0;            ///< errno; ETIME: the lease is over, it was severed at once
    std::uint32_t pid = 0;
    std::uint32_t count = 0;           ///< of `told`
    std::uint32_t more_from = 0;       ///< ask again from here; 0: that was all
    Told told[k_limit_told];
};
static_assert(std::is_trivially_copyable_v<PutRequest> &&
              std::is_trivially_copyable_v<WatchdogRequest> &&
              std::is_trivially_copyable_v<Reply>);

}  // namespace ha::guard
