// Schema: the JSON Schema of a configuration, and the tables of its reference page.
#include "config/schema.hpp"

#include <nlohmann/json.hpp>

#include "base/assert.hpp"
#include "config/fields.hpp"
#include "ha/plugin/values.hpp"

namespace ha::config {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* k_name_pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$";
constexpr const char* k_duration_pattern = "^[0-9]+(ns|us|ms|s|min|h|d)$";

Json reference(const std::string& definition) { return {{"$ref", "#/$defs/" + definition}}; }

Json map_of(Json value) {
    return {{"type", "object"},
            {"propertyNames", reference("name")},
            {"additionalProperties", std::move(value)}};
}

/// What stands in fields that are objects.
Json object_schema(const Section& section, std::string_view field) {
    if (&section == &k_ids_section) return map_of({{"type", "integer"}, {"minimum", 1}});
    if (field == "timing" || field == "ids" || field == "witness" ||
        field == "etcd")
        return reference(std::string(field));
    if (field == "parameters") return map_of(reference("parameter"));
    if (field == "node_parameters") return map_of(map_of(reference("parameter")));
    if (field == "uses") return map_of(reference("amount"));
    if (field == "capacity") return map_of(map_of(reference("amount")));
    if (field == "nodes") return map_of(reference("node"));
    if (field == "groups") return map_of(reference("group"));
    if (field == "monitors") return map_of(reference("monitor"));
    HA_ASSERT(field == "resources");
    return map_of(reference("resource"));
}

Json default_of(const Field& field) {
    if (field.type == FieldType::integer) return *plugin::parse_integer(field.default_value);
    if (field.type == FieldType::boolean) return *plugin::parse_boolean(field.default_value);
    return field.default_value;
}

Json value_schema(const Section& section, const Field& field) {
    switch (field.type) {
        case FieldType::text: {
            Json out{{"type", "string"}, {"minLength", field.minimum}};
            if (field.maximum != 0) out["maxLength"] = field.maximum;
            return out;
        }
        case FieldType::integer:
            return {{"type", "integer"}, {"minimum", field.minimum}, {"maximum", field.maximum}};
        case FieldType::boolean: return {{"type", "boolean"}};
        case FieldType::duration: return reference("duration");
        case FieldType::choice: return {{"enum", split_choices(field.choices)}};
        case FieldType::names:
            return {{"type", "array"},
                    {"items", reference("name")},
                    {"uniqueItems", true},
                    {"maxItems", field.maximum}};
        case FieldType::texts:
            return {{"type", "array"},
                    {"items", {{"type", "string"}, {"minLength", 1}}},
                    {"uniqueItems", true},
                    {"maxItems", field.maximum}};
        case FieldType::address: return reference("address");
        case FieldType::object: return object_schema(section, field.name);
        case FieldType::objects:
            return {{"type", "array"},
                    {"items", reference(field.name)},
                    {"maxItems", field.maximum}};
    }
    return {};
}

Json section_schema(const Section& section) {
    if (&section == &k_node_section) {
        auto out = map_of(reference("address"));
        out["description"] = section.help;
        for (const auto& field : section.fields) {
            auto value = value_schema(section, field);
            value["description"] = field.help;
            out["properties"][field.name] = std::move(value);
        }
        return out;
    }
    Json out{{"type", "object"}, {"description", section.help}, {"additionalProperties", false}};
    auto required = Json::array();
    auto& properties = out["properties"] = Json::object();
    for (const auto& field : section.fields) {
        auto value = value_schema(section, field);
        value["description"] = field.help;
        if (field.default_value != nullptr) value["default"] = default_of(field);
        properties[field.name] = std::move(value);
        if (field.is_required) required.push_back(field.name);
    }
    if (!required.empty()) out["required"] = std::move(required);
    return out;
}

std::string show_bound(const Field& field, std::int64_t bound) {
    return field.type == FieldType::duration
               ? plugin::format_duration(std::chrono::nanoseconds(bound))
               : std::to_string(bound);
}

std::string show_values(const Field& field) {
    switch (field.type) {
        case FieldType::text: return "text";
        case FieldType::integer:
            if (field.maximum == INT64_MAX) return "whole number from " + show_bound(field, field.minimum);
            [[fallthrough]];
        case FieldType::duration:
            return show_bound(field, field.minimum) + " to " + show_bound(field, field.maximum);
        case FieldType::boolean: return "true, false";
        case FieldType::choice: {
            std::string out;
            for (const auto& one : split_choices(field.choices)) out += (out.empty() ? "" : ", ") + one;
            return out;
        }
        case FieldType::names: return "list of names";
        case FieldType::texts: return "list of texts";
        case FieldType::address: return "address";
        case FieldType::object: return "object";
        case FieldType::objects: return "list of objects";
    }
    return {};
}

std::string section_table(const Section& section) {
    const std::string where = section.where;
    std::string out = "### " + (where.empty() ? "The document" : "`" + where + "`") + "\n\n";
    if (!where.empty()) out += std::string(section.help) + "\n\n";
    if (section.fields.empty()) return out;
    out += "| field | default | values | meaning |\n|---|---|---|---|\n";
    for (const auto& field : section.fields) {
        out += "| `" + std::string(field.name) + "` | ";
        if (field.is_required) out += "required";
        if (field.default_value != nullptr) out += "`" + std::string(field.default_value) + "`";
        out += " | " + show_values(field) + " | " + field.help + " |\n";
    }
    return out + "\n";
}

std::string type_name(const char* type) {
    return std::string(type) == "*" ? "any other" : "`" + std::string(type) + "`";
}

std::string resource_type_table() {
    std::string out =
        "### Defaults of resources by type\n\n"
        "| type | start_timeout | stop_timeout | probe_timeout | start_retries | requires | "
        "depends_on |\n|---|---|---|---|---|---|---|\n";
    for (const auto& row : all_resource_defaults()) {
        std::string types;
        for (const auto& type : split_choices(row.depends_on_types))
            types += (types.empty() ? "all of type " : ", ") + type;
        out += "| " + type_name(row.type) + " | " + row.start_timeout + " | " + row.stop_timeout +
               " | " + row.probe_timeout + " | " + std::to_string(row.start_retries) + " | " +
               row.requirement +
               (row.inherits_requirement ? ", or the strongest of what it depends on" : "") +
               " | " + types + " |\n";
    }
    return out + "\n";
}

std::string monitor_type_table() {
    std::string out =
        "### Defaults of monitors by type\n\n"
        "| type | interval | timeout | retries | timing |\n|---|---|---|---|---|\n";
    for (const auto& row : all_monitor_defaults())
        out += "| " + type_name(row.type) + " | " + row.interval + " | " + row.timeout + " | " +
               std::to_string(row.retries) + " | " + row.timing + " |\n";
    return out;
}

}  // namespace

std::string json_schema() {
    auto out = section_schema(k_document_section);
    Json head{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "Configuration of a libha cluster"}};
    head.update(out);
    auto& definitions = head["$defs"] = Json::object();
    definitions["name"] = {{"type", "string"}, {"pattern", k_name_pattern}};
    definitions["duration"] = {{"type", "string"}, {"pattern", k_duration_pattern}};
    definitions["amount"] = {{"type", "integer"}, {"minimum", 0}, {"maximum", UINT32_MAX}};
    definitions["address"] = {{"type", "string"}, {"minLength", 1}};
    definitions["parameter"] = {
        {"anyOf",
         {{{"type", {"string", "number", "boolean"}}},
          {{"type", "array"}, {"items", {{"type", {"string", "number", "boolean"}}}}}}}};
    for (const auto* section : all_sections())
        if (section != &k_document_section) definitions[section->name] = section_schema(*section);
    return head.dump(2) + "\n";
}

std::string reference_tables() {
    std::string out;
    for (const auto* section : all_sections()) out += section_table(*section);
    return out + resource_type_table() + monitor_type_table();
}

}  // namespace ha::config
