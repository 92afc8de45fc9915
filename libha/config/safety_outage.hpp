// How long a group is away, part by part: inside of safety.hpp.
#pragma once

#include "config/safety.hpp"

namespace ha::config {

/// "1500ms", "2min"; rounded up to what is worth telling.
std::string show_time(Duration time);
/// The longest way through the dependencies, all attempts of each resource counted.
Duration longest_start(const model::ClusterSpec& spec, const model::GroupSpec& group);
Duration longest_stop(const model::ClusterSpec& spec, const model::GroupSpec& group);
std::vector<Outage> outages_of(const model::ClusterSpec& spec, const model::GroupSpec& group);

}  // namespace ha::config
