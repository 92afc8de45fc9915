// Writing: a spec as the document that loads into it.
#pragma once

#include <string>

#include "config/catalog.hpp"
#include "model/spec.hpp"

namespace ha::config {

inline constexpr const char* k_secret_shown = "(secret, not shown)";

struct WriteOptions {
    /// Lists are written as lists and secrets are hidden where the type says so.
    TypeCatalog types;
    bool hides_secrets = false;  ///< the result is for people and does not load as it was
};

/// Indented by two, every default spelt out, ends with a newline.
std::string write_spec(const model::ClusterSpec& spec, const WriteOptions& options = {});

}  // namespace ha::config
