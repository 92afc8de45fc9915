// Server: the management API as HTTP on a Unix socket, on a thread of its own.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "admin/backend.hpp"

namespace ha::admin {

inline constexpr std::size_t k_limit_connections = 64;
inline constexpr std::size_t k_limit_body_bytes = 4 * 1024 * 1024;
inline constexpr std::size_t k_limit_header_bytes = 8 * 1024;

struct ServerOptions {
    std::string socket;                           ///< path; made with mode 0600
    std::chrono::milliseconds idle{30'000};       ///< a connection without a request is closed
    std::chrono::milliseconds transfer{10'000};   ///< one request or answer takes at most this
    std::chrono::milliseconds answer{60'000};     ///< the cluster answers a request within this
    std::chrono::milliseconds poll{50};           ///< between two looks for new events
};

class Server {
   public:
    /// Listens from here on. Throws ha::Error when the path cannot be used, or when another
    /// process answers there. `backend` outlives this.
    Server(Backend& backend, ServerOptions options);
    /// Closes all connections and removes the socket.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ha::admin
