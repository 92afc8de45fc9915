// The witness in an etcd: the rule book runs in this node (membership/witness_shared.hpp), and what
// it reads and writes lies in the etcd that the configuration names.
//
//   engine -- datagrams --> SharedWitness -- orders --> [ thread: EtcdClient ] -- etcd
//          <-- datagrams --               <-- answers --
//
// To the engine it is a witness like any: it neither knows nor waits for what is behind.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "model/spec.hpp"
#include "runtime/keys.hpp"
#include "runtime/outbox.hpp"

namespace ha::runtime {

struct EtcdWitnessOptions {
    NodeId node;
    StartNumber start;
    Keys keys;
};

/// Called on the loop's thread, never from within a call of the witness.
struct EtcdWitnessEvents {
    /// From the witness to this node's engine.
    std::function<void(Bytes)> datagram;
    /// Why nothing can be read or written there; empty: it can again.
    std::function<void(const std::string& problem)> problem;
};

class EtcdWitness {
   public:
    EtcdWitness(EtcdWitnessOptions options, EtcdWitnessEvents events,
                std::shared_ptr<Outbox> outbox);
    /// After the outbox is closed. Waits for one wait of the question under way, which has its
    /// timeout; nothing further is tried, and no name is waited for.
    ~EtcdWitness();

    // On the loop's thread:
    /// As the configuration says from now on; begins and ends with what it names.
    Result<void> use(const model::ClusterSpec& spec);
    bool is_used() const;
    void receive(ByteView datagram);
    void tick(Instant at);
    Instant next_deadline() const;
    const std::string& problem() const;

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ha::runtime
