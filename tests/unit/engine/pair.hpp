// Two nodes under each tie breaker, with verbs for what becomes of them.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cluster.hpp"

namespace ha::test {

/// Group 1 runs on node 1, or where `policy` begins; node 1 leads.
struct Pair : EngineCluster {
    explicit Pair(model::TieBreaker kind, const std::vector<std::uint16_t>& policy = {1, 2},
                  const std::function<void(model::ClusterSpec&)>& change = {})
        : EngineCluster(2) {
        decide_by(spec, kind);
        if (change) change(spec);
        tie_breaker = [this](std::uint16_t node, const engine::TieBreakerQuestion& question) {
            CHECK(question.kind != model::TieBreaker::fencing);
            return !unreached.contains(node);
        };
        fence_device = [this](std::uint16_t by, const lifecycle::FenceOperation& call) {
            FenceDeed deed{shot_takes};
            if (call.action != lifecycle::FenceAction::off) return FenceDeed{10ms};
            shots++;
            shots_by[by].push_back(now());
            if (is_device_broken) deed.outcome = lifecycle::Outcome::failed;
            deed.hits = !is_device_broken;
            return deed;
        };
        begin_one_group(*this, policy);
    }
    void split() { cut_off(1); }
    /// Runs, and says whether the group was ever active on both.
    bool had_two_owners(Duration time) {
        bool were_two = false;
        const auto end = now() + time;
        (void)run_until([&] {
            were_two |= place_of(1) == 99;
            return now() >= end;
        }, time + 1s);
        return were_two;
    }
    std::size_t view_size(std::uint16_t node) const { return status(node).voters.size(); }
    std::string waits(std::uint16_t node) const { return status(node).waits_for; }

    std::set<std::uint16_t> unreached;  ///< nodes that reach no target
    bool is_device_broken = false;
    std::size_t shots = 0;
    std::map<std::uint16_t, std::vector<Instant>> shots_by;
    Duration shot_takes = 100ms;
};

inline void take_majority(EngineCluster& cluster, std::uint16_t node) {
    auto spec = cluster.engine(node).state().spec;
    spec.quorum = model::QuorumPolicy::majority;
    spec.tie_breaker = model::TieBreaker::none;
    cluster.ask(node, engine::SpecApply{spec});
    cluster.run_for(2s);
    CHECK(cluster.engine(node).state().spec.quorum == model::QuorumPolicy::majority);
}

}  // namespace ha::test
