// Loading: the text of a configuration becomes a spec with all defaults filled in, or a list of
// everything that is wrong with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/catalog.hpp"
#include "config/problem.hpp"
#include "model/spec.hpp"

namespace ha::config {

struct LoadOptions {
    /// Said in front of line and column.
    std::string file = "configuration";
    TypeCatalog types;
    /// The configuration in force, if there is one: names keep their numbers, and a number that is
    /// in use there is never given to another name.
    const model::ClusterSpec* previous = nullptr;
};

struct Loaded {
    std::optional<model::ClusterSpec> spec;  ///< only without errors
    std::vector<Problem> errors;
    std::vector<Problem> warnings;
};

Loaded load_document(std::string_view text, const LoadOptions& options);

/// As above; the failure holds all errors, one line each.
Result<model::ClusterSpec> load_spec(std::string_view text, const LoadOptions& options);
Result<model::ClusterSpec> load_spec(std::string_view text, const std::string& file);

}  // namespace ha::config
