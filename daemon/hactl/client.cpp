// Client: HTTP over a Unix socket. Only this file knows Asio and Beast.
#include "client.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace hactl {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Protocol = asio::local::stream_protocol;
using boost::system::error_code;

std::string advice_for(const error_code& ec) {
    if (ec == boost::system::errc::no_such_file_or_directory)
        return "there is no such socket. Is the daemon running (systemctl status had)? "
               "Another path is given by --socket or HA_SOCKET";
    if (ec == boost::system::errc::connection_refused)
        return "nobody listens there. The daemon has ended; start it (systemctl start had)";
    if (ec == boost::system::errc::permission_denied)
        return ::geteuid() == 0 ? "permission denied" : "permission denied; try it as root";
    return ec.message();
}

[[noreturn]] void throw_unreachable(const std::string& socket, const std::string& why) {
    throw Unreachable("cannot reach the daemon at " + socket + ": " + why);
}

http::request<http::string_body> make_request(const std::string& method, const std::string& target,
                                              const std::string& body) {
    http::request<http::string_body> request(http::string_to_verb(method), target, 11);
    request.set(http::field::host, "localhost");
    request.set(http::field::connection, "close");
    if (method != "GET") request.set(http::field::content_type, "application/json");
    request.body() = body;
    request.prepare_payload();
    return request;
}

class Connection {
   public:
    explicit Connection(const std::string& socket) : path_(socket), socket_(context_) {
        error_code ec;
        if (socket.size() >= sizeof(sockaddr_un{}.sun_path))
            throw_unreachable(socket, "the path is too long for a socket");
        socket_.connect(Protocol::endpoint(socket), ec);
        if (ec) throw_unreachable(socket, advice_for(ec));
    }

    Protocol::socket& socket() { return socket_; }

    /// Runs one asynchronous operation to its end, or gives up.
    template <class Start>
    void run(std::chrono::milliseconds timeout, Start start) {
        error_code result = asio::error::would_block;
        start([&result](error_code ec, std::size_t) { result = ec; });
        context_.restart();
        if (timeout.count() > 0)
            context_.run_for(timeout);
        else
            context_.run();
        if (result == asio::error::would_block) {
            error_code ignored;
            socket_.close(ignored);
            context_.restart();
            context_.run();  // the operation ends, and refers to nothing any more
            throw TimedOut("the daemon at " + path_ +
                           " gave no answer in time; what was asked may still be carried out");
        }
        if (result && result != http::error::end_of_stream)
            throw_unreachable(path_, "the connection broke: " + result.message());
        is_ended_ = result == http::error::end_of_stream;
    }
    bool is_ended() const { return is_ended_; }

   private:
    std::string path_;
    asio::io_context context_;
    Protocol::socket socket_;
    bool is_ended_ = false;
};

}  // namespace

Answer ask(const std::string& socket, const std::string& method, const std::string& target,
           const std::string& body, std::chrono::milliseconds timeout) {
    Connection connection(socket);
    const auto request = make_request(method, target, body);
    connection.run(timeout, [&](auto done) {
        http::async_write(connection.socket(), request, std::move(done));
    });
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(k_limit_answer_bytes);
    connection.run(timeout, [&](auto done) {
        http::async_read(connection.socket(), buffer, parser, std::move(done));
    });
    return {parser.get().result_int(), parser.get().body()};
}

void follow(const std::string& socket, const std::string& target,
            const std::function<bool(const std::string& data)>& on_data) {
    Connection connection(socket);
    const auto request = make_request("GET", target, "");
    constexpr std::chrono::milliseconds k_silence_max{60'000};  // the daemon says "alive" before
    connection.run(k_silence_max, [&](auto done) {
        http::async_write(connection.socket(), request, std::move(done));
    });
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    std::string chunk;
    auto on_body = [&](std::uint64_t, beast::string_view data, error_code&) {
        chunk.append(data.data(), data.size());
        return data.size();
    };
    parser.on_chunk_body(on_body);
    while (!parser.is_done() && !connection.is_ended()) {
        connection.run(k_silence_max, [&](auto done) {
            http::async_read_some(connection.socket(), buffer, parser, std::move(done));
        });
        if (!chunk.empty() && !on_data(std::exchange(chunk, {}))) return;
    }
}

std::string escape(const std::string& name) {
    static constexpr char k_digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
                              c == '~';
        if (is_plain) {
            out += c;
        } else {
            out += '%';
            out += k_digits[byte >> 4];
            out += k_digits[byte & 15];
        }
    }
    return out;
}

}  // namespace hactl
