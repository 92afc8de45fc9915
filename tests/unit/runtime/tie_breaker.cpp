// Tie breakers outside: what counts as an answer, on loopback.
#include "runtime/tie_breaker.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "runtime/machine.hpp"
#include "runtime/posix.hpp"

using namespace ha;
using namespace ha::runtime;
using model::TieBreaker;

namespace {

/// A server that says `reply` to whoever connects, or nothing at all.
class Server {
 public:
    explicit Server(std::string reply) : reply_(std::move(reply)) {
        socket_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(socket_.get(), 4) == 0);
        ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~Server() {
        ::shutdown(socket_.get(), SHUT_RDWR);
        thread_.join();
    }
    std::string url(const std::string& path = "/") const {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }

 private:
    void serve() {
        for (;;) {
            const UniqueFd peer(::accept(socket_.get(), nullptr, nullptr));
            if (!peer) return;
            char buffer[2000];
            if (reply_.empty()) {
                while (::recv(peer.get(), buffer, sizeof buffer, 0) > 0) {
                }
                continue;
            }
            if (::recv(peer.get(), buffer, sizeof buffer, 0) > 0)
                (void)::send(peer.get(), reply_.data(), reply_.size(), MSG_NOSIGNAL);
        }
    }
    std::string reply_;
    UniqueFd socket_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

TargetsAnswer ask_web(const std::vector<std::string>& targets, Duration timeout = 20s) {
    return ask_targets(TieBreaker::http, targets, timeout);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("F7: a web server that answers is a tie breaker's word, also one without such a page") {
    const Server good("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    const auto answer = ask_web({good.url("/alive?x=1")});
    CHECK(answer.is_given);
    CHECK(answer.text == good.url("/alive?x=1") + " answered");
    const Server missing("HTTP/1.0 404 Not Found\r\n\r\n");
    CHECK(ask_web({missing.url()}).is_given);
}

TEST_CASE("F7: a server that is broken, or speaks something else, gives no word, and is named") {
    const Server broken("HTTP/1.1 503 Service Unavailable\r\n\r\n");
    const Server other("SSH-2.0-OpenSSH_9.2\r\n");
    const Server long_line(std::string(5000, 'x'));
    const auto answer = ask_web({broken.url(), other.url(), long_line.url()});
    CHECK_FALSE(answer.is_given);
    CHECK(has(answer.text, "503 Service Unavailable"));
    CHECK(has(answer.text, "it speaks no HTTP"));
}

TEST_CASE("F7: one target that answers is enough, whatever becomes of the others") {
    const Server silent("");
    const Server good("HTTP/1.1 204 No Content\r\n\r\n");
    const auto answer = ask_web({"http://127.0.0.1:1/", silent.url(), good.url()});
    CHECK(answer.is_given);
    CHECK(answer.text == good.url() + " answered");
}

TEST_CASE("F7: a question ends with its time, and not much later") {
    const Server silent("");
    const auto begun = now();
    const auto answer = ask_web({silent.url()}, 300ms);
    const auto took = now() - begun;
    CHECK_FALSE(answer.is_given);
    CHECK(has(answer.text, "is silent"));
    CHECK(took >= 300ms);
    CHECK(took < 20s);
}

TEST_CASE("F7: what refuses a connection is no answer, and ends the question at once") {
    const auto begun = now();
    const auto answer = ask_web({"http://127.0.0.1:1/"}, 60s);
    CHECK_FALSE(answer.is_given);
    CHECK(has(answer.text, "refused"));
    CHECK(now() - begun < 50s);
}

TEST_CASE("F7: loopback answers an echo; an address that is no target does not") {
    const auto answer = ask_targets(TieBreaker::ping, {"127.0.0.1"}, 5s);
    if (!answer.is_given && has(answer.text, "EPERM")) {
        MESSAGE("skipped: this user may open no echo socket");
        return;
    }
    CHECK(answer.is_given);
    CHECK(answer.text == "127.0.0.1 answered");
    CHECK(ask_targets(TieBreaker::ping, {"not an address", "127.0.0.1"}, 5s).is_given);
    const auto none = ask_targets(TieBreaker::ping, {"not an address"}, 5s);
    CHECK_FALSE(none.is_given);
    CHECK(has(none.text, "is no IP address"));
}
