// Is a file a shared object for this machine? Read from its header, without loading it, because
// what the dynamic loader says about other files helps nobody.
#pragma once

#include <string>

#include "base/result.hpp"

namespace ha::plugin {

Result<void> check_object_file(const std::string& path);

}  // namespace ha::plugin
