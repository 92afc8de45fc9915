// The witness's directory of keys: one file for each cluster, NAME.key.
#pragma once

#include <map>
#include <string>

#include "base/result.hpp"
#include "runtime/keys.hpp"

namespace ha::runtime {

/// By NAME. Fails when the directory or one of its key files cannot be used: a witness that
/// silently leaves a cluster out would be missed when it is needed.
Result<std::map<std::string, Keys>> read_witness_keys(const std::string& directory);

}  // namespace ha::runtime
