// The simulated etcd that holds a witness's record: it carries out one order after the other,
// answers late or never, and goes on after it stood still with what it had been asked before.
//
// Each host runs the shipped witness of a shared record; only the way to the etcd and the etcd are
// made here. A late answer is handed over all the same: not to use it is the witness's business.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "membership/witness_shared.hpp"
#include "witness_host.hpp"

namespace ha::sim {

struct EtcdReply {
    std::uint64_t order = 0;
    std::optional<membership::SharedValues> values;
    std::optional<bool> is_won;
};

class EtcdHost final : public WitnessMachine {
   public:
    using Done = std::function<void(const EtcdReply&)>;
    explicit EtcdHost(World& world) : world_(world) {}

    void power_on() override;
    void power_off() override { is_on_ = false; }
    void lose_store() override;
    bool is_running() const override { return is_on_; }
    void receive(const Bytes&) override {}  // nobody speaks to it in datagrams

    /// `done` is called once, or never.
    void submit(NodeId from, membership::SharedOrder order, Done done);

   private:
    struct Waiting {
        NodeId from;
        membership::SharedOrder order;
        Done done;
    };
    void carry_out(const Waiting& waiting);
    bool swap(const membership::SharedSwap& swap);
    std::optional<Duration> trip(NodeId from, NodeId to);

    World& world_;
    bool is_on_ = false;
    membership::SharedValues values_{.store = 1};
    std::uint64_t revision_ = 0;
    std::vector<Waiting> held_;  ///< what a stopped process finds when it goes on
};

}  // namespace ha::sim
