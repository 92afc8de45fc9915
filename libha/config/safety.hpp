// Safety: what a configuration promises about each group, worked out from the model alone.
//
// Two questions an operator has before the first failure: can two nodes ever own the group at once,
// and for how long can it be away? The first answer names the rule that forbids it, or tells how it
// would come about. The second is a sum of parts, each with the time that makes it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/catalog.hpp"
#include "model/spec.hpp"

namespace ha::config {

/// One step of an outage. `is_assumed`: no time of the configuration bounds it; it is measured.
struct OutagePart {
    std::string name;       ///< detection, lease, fencing, election, commits, start, ...
    Duration time{0};
    bool is_assumed = false;
    std::string text;       ///< where the time comes from
};

/// What can happen, and how long the group is away then.
struct Outage {
    std::string event;      ///< node_lost, resource_failed, moved
    std::vector<OutagePart> parts;
    std::string open_end;   ///< for whom it waits without an end; empty: it ends
    Duration sum() const;
};

struct GroupSafety {
    std::string group;
    bool can_have_two_owners = false;
    std::string rule;             ///< the rule that forbids it, or the one that is missing
    std::string answer;           ///< a sentence
    std::string counter_example;  ///< how it would come about; empty: it can not
    std::vector<Outage> outages;
    std::vector<std::string> warnings;
};

/// What is not in the configuration and known all the same.
struct SafetyFacts {
    TypeCatalog types;
    /// Does something sever for a daemon that is stopped (safety.md F8)? None: not known.
    std::optional<bool> has_guard;
};

std::vector<GroupSafety> safety_of(const model::ClusterSpec& spec, const SafetyFacts& facts = {});

}  // namespace ha::config
