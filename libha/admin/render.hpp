// Rendering: what the management API says, as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "ha/ha.hpp"

namespace ha::admin {

using Json = nlohmann::ordered_json;

Json render(const Status& status);
Json render(const GroupStatus& group);
Json render(const Notice& notice);
Json render(const Explanation& explanation);
Json render(const ConfigReport& report);
Json render(const Rehearsal& rehearsal);
Json render(const std::vector<GroupSafety>& safety);
/// {"code": ..., "message": ...}
Json render_error(const std::string& code, const std::string& message);
/// One line without a newline; text that is not UTF-8 is replaced.
std::string to_text(const Json& json);

}  // namespace ha::admin
