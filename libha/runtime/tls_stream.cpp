// A connection to a server, plain or over TLS: a socket that never blocks, and a poll.
#include "runtime/tls_stream.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/machine.hpp"
#include "runtime/posix.hpp"
#include "runtime/tls_library.hpp"

namespace ha::runtime {

namespace {

using TlsContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using TlsSession = std::unique_ptr<SSL, decltype(&SSL_free)>;

constexpr std::size_t k_read_bytes = 16 * 1024;

Failure stream_failure(std::string what) {
    return failure(FailureCode::unavailable, std::move(what));
}

Failure too_late() { return failure(FailureCode::timed_out, "it did not answer in time"); }

/// What OpenSSL has to say, and nothing of what came before.
std::string tls_error_text() {
    const auto code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return "the connection ended";
    const char* reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "error " + std::to_string(code);
}

Result<void> wait_for(int fd, short events, Instant deadline) {
    for (;;) {
        const auto left = deadline - now();
        if (left <= Duration::zero()) return too_late();
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(left) + 1ms;
        pollfd one{fd, events, 0};
        const int n = ::poll(&one, 1, static_cast<int>(std::min<std::int64_t>(ms.count(), 60'000)));
        if (n > 0) return {};
        if (n < 0 && errno != EINTR) return stream_failure("poll: " + error_text(errno));
    }
}

Result<TlsContext> make_context(const TlsLibrary& tls, const StreamTarget& target) {
    TlsContext made(tls.SSL_CTX_new(tls.TLS_client_method()), tls.SSL_CTX_free);
    if (!made) return stream_failure("TLS: " + tls_error_text());
    auto* context = made.get();
    tls.SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, nullptr);
    tls.SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    // Its record buffers are given back while nothing travels.
    constexpr long k_mode = SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER;
    tls.SSL_CTX_ctrl(context, SSL_CTRL_MODE, k_mode, nullptr);
    const auto& ca = target.ca_file;
    const bool has_ca = ca.empty() ? tls.SSL_CTX_set_default_verify_paths(context) == 1
                                   : tls.SSL_CTX_load_verify_file(context, ca.c_str()) == 1;
    if (!has_ca)
        return stream_failure("ca_file " + ca + " holds no certificate: " + tls_error_text());
    const auto& cert = target.cert_file;
    if (cert.empty()) return made;
    if (tls.SSL_CTX_use_certificate_chain_file(context, cert.c_str()) != 1)
        return stream_failure("cert_file " + cert + " holds no certificate: " + tls_error_text());
    // Nobody sits at a terminal to be asked for the password of a key.
    tls.SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return -1; });
    const auto& key = target.key_file;
    if (tls.SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
        return stream_failure("key_file " + key + " is no key of that certificate: " +
                              tls_error_text());
    return made;
}

/// The certificate has to be good for what the configuration calls the server.
bool expect_host(const TlsLibrary& tls, SSL* session, std::string host) {
    in6_addr address{};
    const bool is_address = inet_pton(AF_INET, host.c_str(), &address) == 1 ||
                            inet_pton(AF_INET6, host.c_str(), &address) == 1;
    if (is_address)
        return X509_VERIFY_PARAM_set1_ip_asc(tls.SSL_get0_param(session), host.c_str()) == 1;
    return tls.SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                        host.data()) == 1 &&
           tls.SSL_set1_host(session, host.c_str()) == 1;
}

Result<UniqueFd> connect_to(const SocketAddress& address, Instant deadline) {
    UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return stream_failure("no socket: " + error_text(errno));
    const int on = 1;
    static_cast<void>(::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
    int status = ::connect(fd.get(), address.get(), address.size) == 0 ? 0 : errno;
    if (status == EINPROGRESS) {
        if (auto r = wait_for(fd.get(), POLLOUT, deadline); !r) return r.error();
        socklen_t size = sizeof status;
        ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &status, &size);
    }
    if (status != 0) return stream_failure(error_text(status));
    return fd;
}

/// One address after the other. What is left of the time is shared among those that are left: a
/// dead one does not use up that of the next.
Result<UniqueFd> connect_to(const StreamTarget& target, Instant deadline) {
    const auto names = target.names ? target.names : std::make_shared<NameLookup>();
    auto addresses = names->look_up(target.host, target.port, deadline, target.is_ending);
    if (!addresses) return addresses.error();
    auto why = too_late();
    auto left = static_cast<std::int64_t>(addresses->size());
    for (const auto& address : *addresses) {
        if (target.is_ending != nullptr && *target.is_ending)
            return stream_failure("this node is stopping");
        const auto begun = now();
        auto fd = connect_to(address, begun + (deadline - begun) / left--);
        if (fd) return fd;
        why = fd.error();
    }
    return why;
}

}  // namespace

struct Stream::Impl {
    UniqueFd fd;
    // Of TLS; without it, null.
    const TlsLibrary* tls = nullptr;
    TlsContext context{nullptr, nullptr};
    TlsSession session{nullptr, nullptr};

    Result<void> shake_hands(const StreamTarget& target, Instant deadline);
    /// After a call of OpenSSL that did not succeed: waits for what it needs; the failure says what
    /// is wrong.
    Result<void> wait_after(int returned, Instant deadline);
};

Result<void> Stream::Impl::wait_after(int returned, Instant deadline) {
    switch (tls->SSL_get_error(session.get(), returned)) {
        case SSL_ERROR_WANT_READ: return wait_for(fd.get(), POLLIN, deadline);
        case SSL_ERROR_WANT_WRITE: return wait_for(fd.get(), POLLOUT, deadline);
        default: break;
    }
    const auto verified = tls->SSL_get_verify_result(session.get());
    const auto text = tls_error_text();
    if (verified != X509_V_OK)
        return stream_failure("its certificate is not trusted: " +
                              std::string(X509_verify_cert_error_string(verified)));
    return stream_failure("TLS: " + text);
}

Result<void> Stream::Impl::shake_hands(const StreamTarget& target, Instant deadline) {
    auto library = tls_library();
    if (!library) return library.error();
    tls = *library;
    auto made = make_context(*tls, target);
    if (!made) return made.error();
    context = std::move(*made);
    session = TlsSession(tls->SSL_new(context.get()), tls->SSL_free);
    if (!session || !expect_host(*tls, session.get(), target.host) ||
        tls->SSL_set_fd(session.get(), fd.get()) != 1)
        return stream_failure("TLS: " + tls_error_text());
    for (;;) {
        ERR_clear_error();
        const int returned = tls->SSL_connect(session.get());
        if (returned == 1) return {};
        if (auto r = wait_after(returned, deadline); !r) return r;
    }
}

Stream::Stream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Stream::~Stream() = default;

Result<std::unique_ptr<Stream>> Stream::open(const StreamTarget& target, Instant deadline) {
    auto impl = std::make_unique<Impl>();
    auto fd = connect_to(target, deadline);
    if (!fd) return fd.error();
    impl->fd = std::move(*fd);
    if (target.is_tls)
        if (auto r = impl->shake_hands(target, deadline); !r) return r.error();
    return std::unique_ptr<Stream>(new Stream(std::move(impl)));
}

Result<void> Stream::write(std::string_view bytes, Instant deadline) {
    while (!bytes.empty()) {
        std::size_t sent = 0;
        if (impl_->session) {
            ERR_clear_error();
            const int returned = impl_->tls->SSL_write_ex(impl_->session.get(), bytes.data(),
                                                          bytes.size(), &sent);
            if (returned != 1)
                if (auto r = impl_->wait_after(returned, deadline); !r) return r;
        } else {
            const auto n = ::send(impl_->fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            const bool is_full = n < 0 && (errno == EAGAIN || errno == EINTR);
            if (n < 0 && !is_full) return stream_failure(error_text(errno));
            if (is_full)
                if (auto r = wait_for(impl_->fd.get(), POLLOUT, deadline); !r) return r;
            sent = n > 0 ? static_cast<std::size_t>(n) : 0;
        }
        bytes.remove_prefix(sent);
        if (!bytes.empty() && now() >= deadline) return too_late();
    }
    return {};
}

Result<void> Stream::read(std::string& out, Instant deadline) {
    char buffer[k_read_bytes];
    for (;;) {
        if (now() >= deadline) return too_late();
        if (impl_->session) {
            std::size_t got = 0;
            ERR_clear_error();
            const int returned =
                impl_->tls->SSL_read_ex(impl_->session.get(), buffer, sizeof buffer, &got);
            if (returned == 1) {
                out.append(buffer, got);
                return {};
            }
            const int error = impl_->tls->SSL_get_error(impl_->session.get(), returned);
            if (error == SSL_ERROR_ZERO_RETURN) return {};
            if (auto r = impl_->wait_after(returned, deadline); !r) return r;
            continue;
        }
        const auto n = ::recv(impl_->fd.get(), buffer, sizeof buffer, 0);
        if (n >= 0) {
            out.append(buffer, static_cast<std::size_t>(n));
            return {};
        }
        if (errno != EAGAIN && errno != EINTR) return stream_failure(error_text(errno));
        if (auto r = wait_for(impl_->fd.get(), POLLIN, deadline); !r) return r;
    }
}

}  // namespace ha::runtime
