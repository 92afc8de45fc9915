// The engine: one node's part of the cluster as a deterministic function of what it is fed.
//
//   packet -> wire::Channels -> step(now, DatagramReceived)
//     1 detect.heard          arrival is evidence of life
//     2 membership.update     suspicion -> who is in two-sided contact
//     3 consensus             may elect, append, commit          -> persist, send
//     4 model.apply           each committed command             -> state
//     5 placement.plan        leader only, if quorate            -> proposals back to 3
//     6 lifecycle             state, permission, reports, timers -> plugin calls, reports
//
// Plugin results come back by step(now, OperationReport) -> 6 -> report -> proposal -> 3.
// The engine never waits; one thread owns it. Equal inputs give equal outputs, byte for byte.
#pragma once

#include <memory>
#include <vector>

#include "engine/actions.hpp"
#include "engine/input.hpp"
#include "engine/journal.hpp"
#include "engine/status.hpp"

namespace ha::engine {

class Engine {
   public:
    /// `crypto` must outlive the engine.
    Engine(Instant now, Start start, wire::Crypto& crypto);
    ~Engine();

    /// `now` never goes back. Any input may come at any time; unknown and late ones are ignored.
    Actions step(Instant now, const Input& input);

    EngineStatus status(Instant now) const;
    EngineBrief brief(Instant now) const;
    /// The agreed state, as far as it is applied here.
    const model::ClusterState& state() const;
    LogIndex applied() const;
    /// The configuration that says where this node and the others are: not always the one in force.
    const model::ClusterSpec& reached_by() const;
    /// What an earlier process of this boot left running, as it was described then: it has to be
    /// ended as that, whatever the configuration says by now.
    std::vector<model::GroupSpec> held_groups() const;
    /// What was decided about groups, as seen here; of this run only.
    const Journal& journal() const;
    /// When our lease ends by our own clock; in the past, or zero, when none is held. The runtime
    /// compares it before it begins an operation that was decided earlier (safety.md F34).
    Instant lease_end() const;

    /// All of it as bytes, keys left out: a recording may begin with this (engine/recording.hpp).
    Bytes image() const;
    /// The engine that an image was taken of, over another cryptography, which knows its keys
    /// or needs none. Of a build with another image_layout() it makes no sense.
    static Result<std::unique_ptr<Engine>> restore(ByteView image, wire::Crypto& crypto);
    static std::uint64_t image_layout();

    struct Impl;

   private:
    explicit Engine(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ha::engine
