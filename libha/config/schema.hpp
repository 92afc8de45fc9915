// Schema: the JSON Schema of a configuration, made from the table of fields.
#pragma once

#include <string>

namespace ha::config {

/// Indented by two, ends with a newline.
std::string json_schema();
/// The tables of docs/configuration.md.
std::string reference_tables();

}  // namespace ha::config
