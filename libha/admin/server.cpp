// Server: listening, and one coroutine for each connection. Only this file knows Asio and Beast.
#include "admin/server.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "admin/render.hpp"
#include "admin/router.hpp"
#include "ha/plugin/values.hpp"

namespace ha::admin {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Protocol = asio::local::stream_protocol;
using Stream = beast::basic_stream<Protocol>;
using boost::system::error_code;

constexpr auto k_token = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t k_events_at_once = 100;

[[noreturn]] void throw_io(const std::string& path, const std::string& what) {
    throw Error(ErrorCode::io, "the management socket " + path + " " + what);
}

/// Longer than a new process needs, on a busy machine, until its program is there.
constexpr auto k_left_over_patience = std::chrono::seconds(1);
constexpr auto k_left_over_pause = std::chrono::milliseconds(10);

bool is_answering(const std::string& path) {
    asio::io_context context;
    Protocol::socket probe(context);
    error_code ec;
    probe.connect(Protocol::endpoint(path), ec);
    return !ec;
}

/// A socket file that nobody listens at is left over from a process that is gone. One that was
/// killed while it began another (ha-guard, say) has left its descriptors to that one until the
/// program of it is there: so who still answers is asked again.
void remove_left_over(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) {
        if (errno == ENOENT) return;
        throw_io(path, "cannot be looked at: " + std::string(std::strerror(errno)));
    }
    if (!S_ISSOCK(info.st_mode)) throw_io(path, "is there already, and is no socket");
    const auto give_up = std::chrono::steady_clock::now() + k_left_over_patience;
    while (is_answering(path)) {
        if (std::chrono::steady_clock::now() >= give_up)
            throw Error(ErrorCode::refused, "another process answers at the management socket " +
                                                path + "; end it first, or choose another path");
        std::this_thread::sleep_for(k_left_over_pause);
    }
    if (::unlink(path.c_str()) != 0)
        throw_io(path, "cannot be removed: " + std::string(std::strerror(errno)));
}

/// Not for processes that are begun here: they would go on answering when this one is gone. (Asio
/// cannot be asked for this.)
void close_at_exec(int fd) {
    ::fcntl(fd, F_SETFD, ::fcntl(fd, F_GETFD) | FD_CLOEXEC);
}

/// Bound with mode 0600 from its first moment on: the mode of the unbound socket is the file's.
void open(Protocol::acceptor& acceptor, const std::string& path) {
    if (path.empty() || path.size() >= sizeof(sockaddr_un{}.sun_path))
        throw_io(path, "must have a path of 1 to " +
                           std::to_string(sizeof(sockaddr_un{}.sun_path) - 1) + " bytes");
    remove_left_over(path);
    error_code ec;
    acceptor.open(Protocol(), ec);
    if (!ec) close_at_exec(acceptor.native_handle());
    if (!ec && ::fchmod(acceptor.native_handle(), 0600) != 0)
        ec.assign(errno, boost::system::system_category());
    if (!ec) acceptor.bind(Protocol::endpoint(path), ec);
    if (ec) throw_io(path, "cannot be made: " + ec.message());
    if (::chmod(path.c_str(), 0600) != 0)
        throw_io(path, "cannot be closed to others: " + std::string(std::strerror(errno)));
    acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (ec) throw_io(path, "cannot be listened at: " + ec.message());
}

http::response<http::string_body> make_response(const ApiReply& reply, unsigned version,
                                                bool keep_alive) {
    http::response<http::string_body> response(http::int_to_status(reply.status), version);
    response.set(http::field::content_type, "application/json");
    response.set(http::field::cache_control, "no-store");
    response.keep_alive(keep_alive);
    response.body() = reply.body + (reply.body.ends_with("\n") ? "" : "\n");
    response.prepare_payload();
    return response;
}

}  // namespace

/// The way back for answers; closed when the server ends, because answers may come after that.
struct Gate {
    std::mutex mutex;
    boost::asio::io_context* context = nullptr;
};

struct Server::Impl {
    Impl(Backend& b, ServerOptions o) : backend(b), options(std::move(o)), acceptor(context) {
        gate->context = &context;
    }

    asio::awaitable<void> listen();
    asio::awaitable<void> serve(Stream stream);
    asio::awaitable<bool> serve_one(Stream& stream, beast::flat_buffer& buffer);
    asio::awaitable<ApiReply> ask(const ApiRequest& request);
    asio::awaitable<void> follow(Stream& stream, const ApiRequest& request, unsigned version);
    asio::awaitable<bool> send(Stream& stream, const ApiReply& reply, unsigned version,
                               bool keep_alive);
    asio::awaitable<bool> send_lines(Stream& stream, const std::string& lines);
    asio::awaitable<void> sleep(std::chrono::milliseconds time);

    Backend& backend;
    ServerOptions options;
    asio::io_context context;
    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
    Protocol::acceptor acceptor;
    std::size_t connections = 0;
    std::thread thread;
};

Server::Server(Backend& backend, ServerOptions options)
    : impl_(std::make_unique<Impl>(backend, std::move(options))) {
    open(impl_->acceptor, impl_->options.socket);
    asio::co_spawn(impl_->context, impl_->listen(), asio::detached);
    impl_->thread = std::thread([impl = impl_.get()] { impl->context.run(); });
}

Server::~Server() {
    {
        std::lock_guard guard(impl_->gate->mutex);
        impl_->gate->context = nullptr;
    }
    impl_->context.stop();
    impl_->thread.join();
    ::unlink(impl_->options.socket.c_str());
}

asio::awaitable<void> Server::Impl::sleep(std::chrono::milliseconds time) {
    asio::steady_timer timer(context, time);
    co_await timer.async_wait(k_token);
}

asio::awaitable<void> Server::Impl::listen() {
    for (;;) {
        auto [ec, socket] = co_await acceptor.async_accept(k_token);
        if (ec == asio::error::operation_aborted) co_return;
        if (ec) {
            // Out of descriptors or memory: it may get better, and must not be a busy loop.
            co_await sleep(std::chrono::milliseconds(100));
            continue;
        }
        close_at_exec(socket.native_handle());
        asio::co_spawn(context, serve(Stream(std::move(socket))), asio::detached);
    }
}

asio::awaitable<bool> Server::Impl::send(Stream& stream, const ApiReply& reply, unsigned version,
                                         bool keep_alive) {
    auto response = make_response(reply, version, keep_alive);
    stream.expires_after(options.transfer);
    auto [ec, size] = co_await http::async_write(stream, response, k_token);
    co_return !ec && keep_alive;
}

asio::awaitable<void> Server::Impl::serve(Stream stream) {
    connections++;
    beast::flat_buffer buffer(k_limit_header_bytes + k_limit_body_bytes);
    if (connections > k_limit_connections) {
        co_await send(stream, error_reply(503, "limit", "too many connections; close some"), 11,
                      false);
    } else {
        while (co_await serve_one(stream, buffer)) {
        }
    }
    connections--;
    error_code ignored;
    stream.socket().shutdown(Protocol::socket::shutdown_both, ignored);
}

/// False when the connection is to be closed.
asio::awaitable<bool> Server::Impl::serve_one(Stream& stream, beast::flat_buffer& buffer) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(k_limit_header_bytes);
    parser.body_limit(k_limit_body_bytes);
    stream.expires_after(options.idle);
    auto [header_error, header_size] = co_await http::async_read_header(stream, buffer, parser,
                                                                        k_token);
    if (header_error == http::error::header_limit) {
        co_await send(stream, error_reply(431, "limit", "the head of the request is too long"), 11,
                      false);
        co_return false;
    }
    if (header_error == http::error::body_limit) {
        co_await send(stream, error_reply(413, "limit", "the body is too long"), 11, false);
        co_return false;
    }
    if (header_error == http::error::end_of_stream || header_error == beast::error::timeout)
        co_return false;
    if (header_error) {
        co_await send(stream, error_reply(400, "invalid", "this is not HTTP: " +
                                                              header_error.message()), 11, false);
        co_return false;
    }
    stream.expires_after(options.transfer);
    auto [ec, size] = co_await http::async_read(stream, buffer, parser, k_token);
    if (ec == http::error::body_limit)
        co_await send(stream, error_reply(413, "limit", "the body is too long"), 11, false);
    if (ec) co_return false;

    auto message = parser.release();
    ApiRequest request;
    request.method = message.method_string();
    request.body = std::move(message.body());
    if (!parse_target(std::string(message.target()), request))
        co_return co_await send(stream, error_reply(400, "invalid", "the path is not well formed"),
                                message.version(), message.keep_alive());
    if (request.method == "GET" && request.path == "/v1/events" &&
        request.query.contains("follow")) {
        co_await follow(stream, request, message.version());
        co_return false;
    }
    const auto reply = co_await ask(request);
    co_return co_await send(stream, reply, message.version(), message.keep_alive());
}

/// The backend may answer on any thread, late, or after we have given up.
asio::awaitable<ApiReply> Server::Impl::ask(const ApiRequest& request) {
    struct Slot {
        explicit Slot(asio::io_context& context) : timer(context) {}
        asio::steady_timer timer;
        std::optional<ApiReply> reply;
    };
    auto slot = std::make_shared<Slot>(context);
    slot->timer.expires_after(options.answer);
    try {
        handle(backend, request, [weak = std::weak_ptr(slot), gate = gate](ApiReply reply) {
            std::lock_guard guard(gate->mutex);
            if (gate->context == nullptr) return;
            asio::post(*gate->context, [weak, reply = std::move(reply)]() mutable {
                const auto waiting = weak.lock();
                if (!waiting) return;
                waiting->reply = std::move(reply);
                waiting->timer.cancel();
            });
        });
    } catch (const std::exception& error) {
        co_return error_reply(500, "io", error.what());
    }
    if (!slot->reply) co_await slot->timer.async_wait(k_token);
    if (slot->reply) co_return std::move(*slot->reply);
    co_return error_reply(504, "timed_out",
                          "the cluster gave no answer in time; the request may still be carried out");
}

asio::awaitable<bool> Server::Impl::send_lines(Stream& stream, const std::string& lines) {
    stream.expires_after(options.transfer);
    auto [ec, size] = co_await asio::async_write(
        stream, http::make_chunk(asio::buffer(lines)), k_token);
    co_return !ec;
}

/// Events as JSON lines, one chunk for each batch, until the reader goes away. A line with the name
/// "alive" goes out when there was none for a while, so that a reader that is gone is noticed.
asio::awaitable<void> Server::Impl::follow(Stream& stream, const ApiRequest& request,
                                           unsigned version) {
    http::response<http::empty_body> head(http::status::ok, version);
    head.set(http::field::content_type, "application/x-ndjson");
    head.chunked(true);
    http::response_serializer<http::empty_body> serializer(head);
    stream.expires_after(options.transfer);
    auto [ec, size] = co_await http::async_write_header(stream, serializer, k_token);
    if (ec) co_return;

    std::uint64_t after = 0;
    if (const auto it = request.query.find("since"); it != request.query.end())
        after = static_cast<std::uint64_t>(
            std::max<std::int64_t>(0, plugin::parse_integer(it->second).value_or(0)));
    auto silent = std::chrono::milliseconds(0);
    for (;;) {
        std::string lines;
        try {
            for (const auto& notice : backend.notices(after, k_events_at_once)) {
                lines += to_text(render(notice)) + "\n";
                after = notice.number;
            }
        } catch (const Error& error) {
            co_return;
        }
        if (lines.empty() && silent >= options.idle / 3) lines = "{\"name\":\"alive\"}\n";
        if (!lines.empty()) {
            silent = std::chrono::milliseconds(0);
            if (!co_await send_lines(stream, lines)) co_return;
            continue;
        }
        co_await sleep(options.poll);
        silent += options.poll;
    }
}

}  // namespace ha::admin
