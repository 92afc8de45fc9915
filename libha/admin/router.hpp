// Router: one request of the management API, to one answer. Knows nothing of sockets.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "admin/backend.hpp"

namespace ha::admin {

struct ApiRequest {
    std::string method;                        ///< "GET", "POST"
    std::string path;                          ///< decoded, without the query: "/v1/status"
    std::map<std::string, std::string> query;  ///< decoded
    std::string body;
};
struct ApiReply {
    unsigned status = 200;
    std::string body;  ///< JSON
};
using OnReply = std::function<void(ApiReply)>;

/// Splits and decodes "/v1/groups/a%20b?x=1". False when it is not well formed.
bool parse_target(const std::string& target, ApiRequest& request);

/// With the HTTP status and the name that belong to the code.
ApiReply error_reply(ErrorCode code, const std::string& message);
ApiReply error_reply(unsigned status, const std::string& code, const std::string& message);

inline constexpr std::size_t k_limit_events_reply = 1000;

/// Calls `reply` exactly once, now or later, on any thread.
void handle(Backend& backend, const ApiRequest& request, OnReply reply);

}  // namespace ha::admin
