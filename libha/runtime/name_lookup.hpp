// Names into addresses within a deadline, which the system's resolver does not have.
//
// A look-up runs on a thread of its own. One that hangs is left behind, and asked for no second
// time: whoever wants the name again waits for the same one.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "runtime/addresses.hpp"

namespace ha::runtime {

/// Used by one thread at a time.
class NameLookup {
   public:
    using Addresses = std::vector<SocketAddress>;
    /// May block for as long as it likes, and is called on a thread that may outlive this.
    using Resolve =
        std::function<Result<Addresses>(const std::string& host, std::uint16_t port)>;

    NameLookup();
    explicit NameLookup(Resolve resolve) : resolve_(std::move(resolve)) {}

    /// At least one address; of an IP address itself, at once. Ends early when `is_ending` (may be
    /// null) becomes true. The failure says what went wrong as a part of a sentence.
    Result<Addresses> look_up(const std::string& host, std::uint16_t port, Instant deadline,
                              const std::atomic<bool>* is_ending);

   private:
    struct Pending;
    Resolve resolve_;
    std::map<std::pair<std::string, std::uint16_t>, std::shared_ptr<Pending>> pending_;
};

}  // namespace ha::runtime
