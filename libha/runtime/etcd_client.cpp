// An etcd, asked through its v3 gateway.
#include "runtime/etcd_client.hpp"

#include <charconv>

#include "base/assert.hpp"
#include "runtime/http_reply.hpp"
#include "runtime/machine.hpp"
#include "runtime/posix.hpp"

namespace ha::runtime {

namespace {

constexpr std::uint16_t k_etcd_port = 2379;
constexpr std::size_t k_limit_password_bytes = 1024;
constexpr int k_http_ok = 200;
Failure is_stopped() { return failure(FailureCode::unavailable, "this node is stopping"); }

/// An etcd takes its time to check a password, on purpose: far more than to read a value.
constexpr Duration k_login_timeout{2s};

Result<std::string> read_password(const std::string& path) {
    auto bytes = read_file(path, k_limit_password_bytes);
    if (!bytes) return bytes.error();
    std::string out(bytes->begin(), bytes->end());
    while (!out.empty() && (out.back() == '\n' || out.back() == '\r')) out.pop_back();
    if (out.empty()) return failure(FailureCode::invalid, "password_file " + path + " is empty");
    return out;
}

}  // namespace

Result<StreamTarget> parse_endpoint(const std::string& endpoint) {
    StreamTarget out;
    const auto bad = [&] {
        return failure(FailureCode::invalid, "\"" + endpoint +
                                                 "\" is no endpoint; right is "
                                                 "\"https://192.0.2.9:2379\"");
    };
    std::string_view rest = endpoint;
    out.is_tls = rest.starts_with("https://");
    if (!out.is_tls && !rest.starts_with("http://")) return bad();
    rest.remove_prefix(out.is_tls ? 8 : 7);
    const bool is_bracketed = rest.starts_with("[");
    const auto end = is_bracketed ? rest.find(']') : std::min(rest.find(':'), rest.size());
    if (end == rest.npos || end == 0) return bad();
    out.host = is_bracketed ? rest.substr(1, end - 1) : rest.substr(0, end);
    auto port = rest.substr(is_bracketed ? end + 1 : end);
    out.port = k_etcd_port;
    if (!port.empty()) {
        port.remove_prefix(1);
        const auto [at, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
        if (error != std::errc{} || at != port.data() + port.size() || out.port == 0) return bad();
    }
    if (out.host.empty() || out.host.find_first_of("/@?# \"") != out.host.npos) return bad();
    return out;
}

EtcdClient::EtcdClient(model::EtcdSpec spec, Duration timeout, const std::atomic<bool>* is_ending)
    : spec_(std::move(spec)), timeout_(timeout), is_ending_(is_ending) {
    HA_ASSERT(!spec_.endpoints.empty());
}

Failure EtcdClient::at_endpoint(const Failure& found) const {
    return failure(found.code, spec_.endpoints[current_] + ": " + found.context);
}

void EtcdClient::turn_to_next() {
    stream_.reset();
    current_ = (current_ + 1) % spec_.endpoints.size();
}

Result<EtcdClient::Reply> EtcdClient::exchange_once(const std::string& request, Instant deadline) {
    if (auto r = stream_->write(request, deadline); !r) return r.error();
    HttpReply reply(k_limit_etcd_answer_bytes);
    std::string bytes;
    while (!reply.is_complete()) {
        if (is_stopping()) return is_stopped();
        bytes.clear();
        if (auto r = stream_->read(bytes, deadline); !r) return r.error();
        const bool is_good = bytes.empty() ? reply.feed_end() : reply.feed(bytes);
        if (!is_good) return failure(FailureCode::corrupt, reply.problem());
    }
    if (!reply.is_kept_open()) stream_.reset();
    return Reply{reply.status(), reply.body()};
}

Result<EtcdClient::Reply> EtcdClient::exchange(const std::string& path, const std::string& body,
                                               Instant deadline) {
    auto target = parse_endpoint(spec_.endpoints[current_]);
    if (!target) return target.error();
    target->ca_file = spec_.ca_file;
    target->cert_file = spec_.cert_file;
    target->key_file = spec_.key_file;
    target->names = names_;
    target->is_ending = is_ending_;
    const bool is_v6 = target->host.find(':') != std::string::npos;
    std::string request = "POST " + path + " HTTP/1.1\r\nHost: " +
                          (is_v6 ? "[" + target->host + "]" : target->host) + ":" +
                          std::to_string(target->port) +
                          "\r\nContent-Type: application/json\r\nContent-Length: " +
                          std::to_string(body.size()) + "\r\n";
    if (!token_.empty()) request += "Authorization: " + token_ + "\r\n";
    request += "\r\n" + body;
    if (!stream_) {
        auto made = Stream::open(*target, deadline);
        if (!made) return made.error();
        stream_ = std::move(*made);
    }
    auto reply = exchange_once(request, deadline);
    if (!reply) stream_.reset();
    return reply;
}

Result<void> EtcdClient::log_in(Instant deadline) {
    auto password = read_password(spec_.password_file);
    if (!password) return password.error();
    token_.clear();
    auto reply = exchange("/v3/auth/authenticate", login_request(spec_.user, *password), deadline);
    if (!reply) return reply.error();
    if (reply->status != k_http_ok)
        return failure(FailureCode::refused, "it refuses the user " + spec_.user +
                                                 " with the password of " + spec_.password_file +
                                                 ": " + decode_refusal(reply->body));
    auto token = decode_login(reply->body);
    if (!token) return token.error();
    token_ = std::move(*token);
    return {};
}

/// The current endpoint, once; a login that has run out is made anew, for then nothing was done.
Result<std::string> EtcdClient::ask(const std::string& path, const std::string& body) {
    for (int logins = 0;; logins++) {
        if (is_stopping()) return is_stopped();
        if (!spec_.user.empty() && token_.empty())
            if (auto r = log_in(now() + std::max(timeout_, k_login_timeout)); !r) return r.error();
        auto reply = exchange(path, body, now() + timeout_);
        if (!reply) return reply.error();
        if (reply->status == k_http_ok) return std::move(reply->body);
        // A login that ran out, or is older than a change of users: refused before it was done.
        const bool is_login_over = reply->status >= 400 && reply->status < 500 &&
                                   !spec_.user.empty();
        if (!is_login_over || logins > 0)
            return failure(FailureCode::refused, "it answers with status " +
                                                     std::to_string(reply->status) + ": " +
                                                     decode_refusal(reply->body));
        token_.clear();
    }
}

/// One endpoint after the other. A connection that was idle may have been closed by the other side:
/// that is no failure of the endpoint.
Result<std::string> EtcdClient::ask_any(const std::string& path, const std::string& body) {
    std::string problems;
    auto code = FailureCode::unavailable;
    for (std::size_t tried = 0; tried < spec_.endpoints.size(); tried++) {
        if (is_stopping()) return is_stopped();
        const bool was_idle = stream_ != nullptr;
        auto answer = ask(path, body);
        const bool is_closed = !answer && was_idle && !stream_ &&
                               answer.error().code != FailureCode::timed_out;
        if (is_closed) answer = ask(path, body);
        if (answer) return answer;
        code = answer.error().code;
        problems += (problems.empty() ? "" : "; ") + at_endpoint(answer.error()).context;
        turn_to_next();
    }
    return failure(code, problems);
}

Result<EtcdRange> EtcdClient::range(const std::string& from, const std::string& to) {
    auto answer = ask_any("/v3/kv/range", range_request(from, to));
    if (!answer) return answer.error();
    auto out = decode_range(*answer);
    if (out) {
        cluster_ = out->cluster;
        return out;
    }
    const auto told = at_endpoint(out.error());
    turn_to_next();
    return told;
}

Result<bool> EtcdClient::swap(const EtcdSwap& swap) {
    auto answer = ask("/v3/kv/txn", swap_request(swap));
    std::uint64_t cluster = 0;
    Result<bool> out = answer ? decode_swap(*answer, &cluster) : answer.error();
    // Revisions of one etcd mean nothing in another.
    if (out && cluster_ != 0 && cluster != cluster_)
        out = failure(FailureCode::refused,
                      "it is of another etcd (its cluster_id is " + std::to_string(cluster) +
                          ") than the endpoint that was read from (" + std::to_string(cluster_) +
                          "): name the members of one");
    if (out) return out;
    const auto told = at_endpoint(out.error());
    turn_to_next();
    return told;
}

}  // namespace ha::runtime
