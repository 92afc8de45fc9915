// Client: one request to the daemon over its Unix socket.
#pragma once

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

namespace hactl {

struct Answer {
    unsigned status = 0;
    std::string body;
};

/// Nobody answers; the text says what to do about it.
class Unreachable : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
};

/// Somebody listens, and does not answer.
class TimedOut : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
};

inline constexpr std::size_t k_limit_answer_bytes = 64 * 1024 * 1024;

/// Throws Unreachable or TimedOut.
Answer ask(const std::string& socket, const std::string& method, const std::string& target,
           const std::string& body, std::chrono::milliseconds timeout);
/// Calls `on_data` with what comes, until it says false or the daemon ends it. Throws as above.
void follow(const std::string& socket, const std::string& target,
            const std::function<bool(const std::string& data)>& on_data);

/// A name as a part of a path.
std::string escape(const std::string& name);

}  // namespace hactl
