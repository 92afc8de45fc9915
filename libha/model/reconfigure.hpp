// Commands that change the configuration in steps, or on trial.
//
// What runs is never changed under itself: a group whose resources become other ones is stopped
// first, the configuration comes into force in one entry when all of these are released, and they
// are started again. So there is the old configuration or the new one, and never a mixture.
//
//   BeginChange --> [groups are stopped] --> CompleteChange --> (on trial) --> ConfirmSpec
//                        | CancelChange                             | not confirmed in time
//                        v                                          v
//                   the old one stays                     BeginChange or SetSpec, is_revert
#pragma once

#include <concepts>
#include <vector>

#include "base/ids.hpp"
#include "model/spec.hpp"

namespace ha::model {

/// `spec` is to be in force as soon as `groups`, which are stopped for it, are released.
struct BeginChange {
    SpecRevision base;
    ClusterSpec spec;
    Duration confirm_within{0};   ///< as in SetSpec
    bool is_revert = false;       ///< as in SetSpec
    std::vector<GroupId> groups;  ///< sorted
    bool operator==(const BeginChange&) const = default;
};
/// Further groups that have to be stopped for it: they came to run meanwhile.
struct HoldForChange {
    SpecRevision base;
    std::vector<GroupId> groups;  ///< sorted
    bool operator==(const HoldForChange&) const = default;
};
/// All of them are released.
struct CompleteChange {
    SpecRevision base;
    bool operator==(const CompleteChange&) const = default;
};
/// The configuration in force stays, and what was stopped for the other one is started again.
struct CancelChange {
    SpecRevision base;
    bool operator==(const CancelChange&) const = default;
};
/// The configuration that is on trial stays.
struct ConfirmSpec {
    SpecRevision revision;
    bool operator==(const ConfirmSpec&) const = default;
};

template <class C>
concept Change = std::same_as<C, BeginChange> || std::same_as<C, HoldForChange> ||
                 std::same_as<C, CompleteChange> || std::same_as<C, CancelChange> ||
                 std::same_as<C, ConfirmSpec>;

}  // namespace ha::model
