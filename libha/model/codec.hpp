// Encoding of the model: commands for the log, the state for snapshots, the spec for digests.
#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "model/command.hpp"
#include "model/state.hpp"

namespace ha::model {

/// Commands of one entry: a plan gives, evicts and drops a wish at most once per group.
inline constexpr std::size_t k_limit_batch_commands = 2 * k_limit_groups + 1024;

/// Equal values encode to equal bytes; decoders are strict (limits, order, trailing bytes), and
/// refuse what is of a version above `version_max`.
Bytes encode(const ClusterSpec& spec);
Bytes encode(const ClusterState& state);
Bytes encode(const std::vector<Command>& commands);
Result<ClusterSpec> decode_spec(ByteView bytes, Version version_max = k_version_newest);
Result<ClusterState> decode_state(ByteView bytes, Version version_max = k_version_newest);
Result<std::vector<Command>> decode_commands(ByteView bytes,
                                             Version version_max = k_version_newest);

/// Of the spec without its revision: two nodes with the same configuration file agree on it.
std::uint64_t spec_digest(const ClusterSpec& spec);
std::uint64_t state_digest(const ClusterState& state);

}  // namespace ha::model
