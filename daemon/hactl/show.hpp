// Showing: what the cluster's JSON looks like as tables.
#pragma once

#include "context.hpp"
#include "model/spec.hpp"

namespace hactl {

/// Empty when the field is absent or no text.
std::string text_of(const Json& json, const char* field);
/// The field is there and true.
bool is_set(const Json& json, const char* field);
/// Local time with microseconds, of microseconds since 1970.
std::string time_text(std::int64_t wall_us);
/// "web1, web2"
std::string join(const Json& list);

std::string node_table(const Json& nodes, const Paint& paint);
std::string group_table(const Json& groups, const Paint& paint);
/// Empty when there are none.
std::string monitor_table(const Json& monitors, const Paint& paint);

/// What a configuration would change (config_plan.cpp); empty when that is not known.
std::string show_plan(const Json& plan, const Paint& paint);
/// What a configuration promises (safety.cpp), from the list that the daemon gives, or worked out
/// here without one.
std::string show_safety(const Json& groups, const Paint& paint);
std::string show_safety_briefly(const Json& groups, const Paint& paint);
Json safety_of(const ha::model::ClusterSpec& spec);

}  // namespace hactl
