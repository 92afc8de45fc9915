// A connection to a server, plain or over TLS, where nothing takes longer than a deadline.
//
// Blocking, for a thread of its own. After any failure the connection is of no further use.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "runtime/name_lookup.hpp"

namespace ha::runtime {

struct StreamTarget {
    std::string host;                  ///< a name or an IP address, without brackets
    std::uint16_t port = 0;
    bool is_tls = false;
    // Of TLS; files in PEM, read anew for each connection, so that renewed ones are taken:
    std::string ca_file;               ///< empty: those that this machine trusts
    std::string cert_file, key_file;   ///< what we show; empty: nothing
    std::shared_ptr<NameLookup> names; ///< that outlives this connection; null: one of its own
    const std::atomic<bool>* is_ending = nullptr;  ///< true: nothing more is tried; may be null
};

class Stream {
   public:
    /// Looks the name up, connects, and shakes hands: the server's certificate has to be good for
    /// `host`. The failure says what went wrong as a part of a sentence.
    static Result<std::unique_ptr<Stream>> open(const StreamTarget& target, Instant deadline);
    ~Stream();

    Result<void> write(std::string_view bytes, Instant deadline);
    /// At least one byte, appended to `out`; none: the other side has closed.
    Result<void> read(std::string& out, Instant deadline);

   private:
    struct Impl;
    explicit Stream(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ha::runtime
