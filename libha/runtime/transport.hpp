// Transport: one UDP socket for each interconnect, bound to this node's own address on it.
//
// Nothing here is fatal to the node: an address that is not there yet is tried again, errors of
// sending are counted, what is too long is dropped. What a datagram means is not known here.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "runtime/addresses.hpp"
#include "runtime/loop.hpp"

namespace ha::runtime {

struct TransportCounters {
    InterconnectId interconnect;
    std::string name;
    std::string address;
    bool is_bound = false;
    std::string problem;                  ///< why it is not bound, or the last error of sending
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t send_errors = 0;        ///< network unreachable, and the like
    std::uint64_t send_drops = 0;         ///< the socket's queue was full
    std::uint64_t oversized = 0;          ///< received, longer than k_limit_datagram_bytes
};

struct TransportEvents {
    /// `has_more`: another one follows at once. Of those that came together all are handed in.
    std::function<void(InterconnectId, Bytes, bool has_more)> received;
    /// An interconnect's socket became usable (problem empty), or is not and why; told on change.
    std::function<void(InterconnectId, const std::string& name, const std::string& problem)> state;
};

/// All calls on the loop's thread.
class Transport {
   public:
    Transport(Loop& loop, TransportEvents events);
    ~Transport();

    /// Opens and closes sockets until they are those of the book; unchanged ones stay open.
    void use(AddressBook book);
    /// Never blocks. To a node or interconnect without address: dropped.
    void send(NodeId to, InterconnectId interconnect, ByteView bytes);
    /// Tries again what could not be bound; call it at next_deadline().
    void tick(Instant at);
    Instant next_deadline() const;

    std::vector<TransportCounters> counters() const;

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ha::runtime
