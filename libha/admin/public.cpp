// The server as the public API offers it to a daemon.
#include <nlohmann/json.hpp>

#include "admin/cluster_backend.hpp"
#include "admin/render.hpp"
#include "admin/server.hpp"
#include "ha/admin.hpp"

namespace ha {

struct AdminServer::Impl {
    Impl(Cluster& cluster, const std::string& socket)
        : backend(cluster), server(backend, {.socket = socket}) {}

    admin::ClusterBackend backend;
    admin::Server server;
};

AdminServer::AdminServer(Cluster& cluster, const std::string& socket)
    : impl_(std::make_unique<Impl>(cluster, socket)) {}
AdminServer::~AdminServer() = default;

std::string to_json(const Explanation& e) { return admin::to_text(admin::render(e)); }
std::string to_json(const Notice& notice) { return admin::to_text(admin::render(notice)); }

}  // namespace ha
