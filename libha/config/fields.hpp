// Fields: the one table of what may stand in a configuration: names, types, defaults, ranges.
//
// The loader, the writer, the JSON Schema and the reference page are all made from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace ha::config {

enum class FieldType : std::uint8_t {
    text,
    integer,
    boolean,
    duration,   ///< "100ms"; the range is in nanoseconds
    choice,     ///< one of `choices`
    names,      ///< a list of names
    texts,      ///< a list of texts, each once
    address,    ///< "192.0.2.1:29002"
    object,     ///< described by a section of its own
    objects,    ///< a list of them
};

struct Field {
    const char* name = nullptr;
    FieldType type = FieldType::text;
    bool is_required = false;
    /// As text; null: none, or computed, and then the help says how.
    const char* default_value = nullptr;
    std::int64_t minimum = 0;
    std::int64_t maximum = 0;
    const char* choices = nullptr;  ///< "a|b|c"
    const char* help = "";
};

/// One kind of object in the document.
struct Section {
    const char* name;    ///< in the schema
    const char* where;   ///< for people: "groups.NAME.resources.NAME"
    const char* help;
    std::span<const Field> fields;
};

extern const Section k_document_section;
extern const Section k_timing_section;
/// The fields beside the addresses.
extern const Section k_node_section;
extern const Section k_fence_section;
extern const Section k_group_section;
extern const Section k_resource_section;
extern const Section k_monitor_section;
extern const Section k_ids_section;
extern const Section k_witness_section;
extern const Section k_etcd_section;
std::span<const Section* const> all_sections();

const Field* find_field(const Section& section, std::string_view name);
std::vector<std::string> field_names(const Section& section);
std::vector<std::string> choices_of(const Field& field);

/// Defaults of a resource that depend on its type.
struct ResourceDefaults {
    const char* type;             ///< "*": any other
    const char* start_timeout;
    const char* stop_timeout;
    const char* probe_timeout;
    std::uint32_t start_retries;
    const char* requirement;      ///< used when the type's own plugin is not at hand
    /// Types of the same group it depends on when "depends_on" is not given, "a|b".
    const char* depends_on_types;
    bool inherits_requirement;    ///< the strongest of what it depends on (safety.md F28)
};
const ResourceDefaults& resource_defaults(std::string_view type);
std::span<const ResourceDefaults> all_resource_defaults();

/// Defaults of a monitor that depend on its type.
struct MonitorDefaults {
    const char* type;             ///< "*": any other
    const char* interval;
    const char* timeout;
    std::uint32_t retries;
    const char* timing;
};
const MonitorDefaults& monitor_defaults(std::string_view type);
std::span<const MonitorDefaults> all_monitor_defaults();

/// UDP port of an address that names none.
inline constexpr const char* k_default_port = "29002";

/// "a|b|c" as a list.
std::vector<std::string> split_choices(const char* choices);
/// Of a text in one of these tables, which are right.
Duration table_duration(const char* text);

}  // namespace ha::config
