// The management API of a node: HTTP and JSON on a Unix socket (docs/management-api.md).
#pragma once

#include <memory>
#include <string>

#include "ha/cluster.hpp"

namespace ha {

/// Serves while it lives, on a thread of its own. Destroy it before the cluster handle.
class AdminServer {
   public:
    /// `socket` is made with mode 0600. Throws ha::Error when it cannot be.
    AdminServer(Cluster& cluster, const std::string& socket);
    ~AdminServer();
    AdminServer(const AdminServer&) = delete;
    AdminServer& operator=(const AdminServer&) = delete;

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// One line of JSON, as the management API says it.
std::string to_json(const Explanation& explanation);
std::string to_json(const Notice& notice);

}  // namespace ha
