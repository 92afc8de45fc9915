// Names into addresses within a deadline.
#include "runtime/name_lookup.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>

#include "runtime/machine.hpp"
#include "runtime/thread.hpp"

namespace ha::runtime {

namespace {

/// So often a wait looks whether its node ends.
constexpr Duration k_ending_look = 20ms;

Result<NameLookup::Addresses> resolve_by_system(const std::string& host, std::uint16_t port,
                                                int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | flags;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, ::freeaddrinfo);
    if (error != 0 || found == nullptr)
        return failure(FailureCode::unavailable, "its name cannot be resolved: " +
                                                     std::string(::gai_strerror(error)));
    NameLookup::Addresses out;
    for (const auto* one = found; one != nullptr; one = one->ai_next) {
        SocketAddress address;
        std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
        address.size = one->ai_addrlen;
        out.push_back(address);
    }
    return out;
}

}  // namespace

struct NameLookup::Pending {
    std::mutex mutex;
    std::condition_variable done;
    std::optional<Result<Addresses>> result;
};

NameLookup::NameLookup()
    : resolve_([](const std::string& host, std::uint16_t port) {
          return resolve_by_system(host, port, 0);
      }) {}

Result<NameLookup::Addresses> NameLookup::look_up(const std::string& host, std::uint16_t port,
                                                  Instant deadline,
                                                  const std::atomic<bool>* is_ending) {
    if (auto numeric = resolve_by_system(host, port, AI_NUMERICHOST)) return numeric;
    auto& waited_for = pending_[{host, port}];
    if (!waited_for) {
        waited_for = std::make_shared<Pending>();
        auto thread = Thread::start({.name = "ha-names"}, [mine = waited_for, resolve = resolve_,
                                                           host, port] {
            auto result = resolve(host, port);
            std::lock_guard guard(mine->mutex);
            mine->result = std::move(result);
            mine->done.notify_all();
        });
        if (!thread) {
            pending_.erase({host, port});
            return thread.error();
        }
        thread->detach();
    }
    const auto pending = waited_for;
    std::unique_lock guard(pending->mutex);
    while (!pending->result) {
        const auto left = deadline - now();
        if (left <= Duration::zero())
            return failure(FailureCode::timed_out, "its name was not resolved in time");
        if (is_ending != nullptr && *is_ending)
            return failure(FailureCode::unavailable, "this node is stopping");
        pending->done.wait_for(guard, std::min(left, k_ending_look));
    }
    pending_.erase({host, port});
    return std::move(*pending->result);
}

}  // namespace ha::runtime
