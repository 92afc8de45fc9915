// An etcd, asked through its v3 gateway: a linearizable read, and a compare-and-swap.
//
// Blocking, for a thread of its own. The endpoint that answered last is asked first; one that does
// not answer in its time, or says nothing sensible, makes way for the next. A connection on which
// anything went wrong is closed, so an answer that comes late is never read.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/spec.hpp"
#include "runtime/etcd_answer.hpp"
#include "runtime/tls_stream.hpp"

namespace ha::runtime {

class EtcdClient {
   public:
    /// `timeout`: of each endpoint, for each question. Where `is_ending` becomes true (may be null;
    /// outlives this) nothing more is tried.
    EtcdClient(model::EtcdSpec spec, Duration timeout,
               const std::atomic<bool>* is_ending = nullptr);

    /// The keys from `from` to before `to`.
    Result<EtcdRange> range(const std::string& from, const std::string& to);
    /// False: another was faster. A failure leaves open whether it was carried out, so one endpoint
    /// is asked and no other.
    Result<bool> swap(const EtcdSwap& swap);

   private:
    struct Reply {
        int status = 0;
        std::string body;
    };

    Result<std::string> ask_any(const std::string& path, const std::string& body);
    Result<std::string> ask(const std::string& path, const std::string& body);
    Result<Reply> exchange(const std::string& path, const std::string& body, Instant deadline);
    Result<Reply> exchange_once(const std::string& request, Instant deadline);
    Result<void> log_in(Instant deadline);
    bool is_stopping() const { return is_ending_ != nullptr && *is_ending_; }
    void turn_to_next();
    Failure at_endpoint(const Failure& failure) const;

    model::EtcdSpec spec_;
    Duration timeout_;
    std::size_t current_ = 0;
    std::unique_ptr<Stream> stream_;
    std::string token_;
    std::uint64_t cluster_ = 0;        ///< cluster_id of the etcd that was read last
    std::shared_ptr<NameLookup> names_ = std::make_shared<NameLookup>();
    const std::atomic<bool>* is_ending_;
};

/// "https://192.0.2.9:2379", "http://[2001:db8::9]:2379", "https://etcd1.example" (then 2379);
/// the failure says what is wrong and what would be right.
Result<StreamTarget> parse_endpoint(const std::string& endpoint);

}  // namespace ha::runtime
