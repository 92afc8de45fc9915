// The management API over a real Unix socket.
#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <thread>

#include "admin/server.hpp"
#include "fake_backend.hpp"

using namespace ha;
using namespace ha::admin;
using namespace std::chrono_literals;

namespace {

struct Directory {
    Directory() {
        char name[] = "/tmp/ha-admin-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path = name;
    }
    ~Directory() { std::filesystem::remove_all(path); }
    std::string path;
};

/// A connection that speaks no HTTP of its own; reading ends with the connection, or after 20 s.
struct Raw {
    explicit Raw(const std::string& path) : fd(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path.c_str());
        const timeval limit{20, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    ~Raw() { ::close(fd); }
    void send(const std::string& text) {
        ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    }
    std::string read_until(const std::string& end) {
        std::string out;
        char bytes[4096];
        while (end.empty() || out.find(end) == out.npos) {
            const auto count = ::recv(fd, bytes, sizeof bytes, 0);
            if (count <= 0) break;
            out.append(bytes, static_cast<std::size_t>(count));
        }
        return out;
    }
    int fd;
};

struct Fixture {
    explicit Fixture(ServerOptions options = {}) {
        backend.status_now = sample_status();
        options.socket = directory.path + "/had.sock";
        path = options.socket;
        server = std::make_unique<Server>(backend, options);
    }
    std::string ask(const std::string& head, const std::string& body = "") {
        Raw raw(path);
        raw.send(head + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
        return raw.read_until("");
    }
    Directory directory;
    FakeBackend backend;
    std::string path;
    std::unique_ptr<Server> server;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("the socket is for its owner alone, and is gone with the server") {
    Fixture f;
    struct stat info {};
    REQUIRE(::stat(f.path.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);
    f.server.reset();
    CHECK(::stat(f.path.c_str(), &info) != 0);
}

TEST_CASE("a request is answered as JSON") {
    Fixture f;
    const auto answer = f.ask("GET /v1/status");
    CHECK(has(answer, "HTTP/1.1 200 OK"));
    CHECK(has(answer, "application/json"));
    CHECK(has(answer, "\"cluster\":\"demo\""));
    CHECK(has(f.ask("POST /v1/groups/web/stop"), "done: stop web"));
    CHECK(has(f.ask("POST /v1/groups/no/stop"), "HTTP/1.1 409"));
}

TEST_CASE("several requests go over one connection") {
    Fixture f;
    Raw raw(f.path);
    for (int i = 0; i < 3; i++) {
        raw.send("GET /v1/config HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(has(raw.read_until("demo\"}\n"), "200 OK"));
    }
}

TEST_CASE("a bug in the cluster is an error of that request alone") {
    Fixture f;
    CHECK(has(f.ask("POST /v1/groups/broken/stop"), "HTTP/1.1 500"));
    CHECK(has(f.ask("GET /v1/status"), "HTTP/1.1 200"));
}

TEST_CASE("what is no HTTP, too long, or badly formed is refused and harms nobody") {
    Fixture f;
    {
        Raw raw(f.path);
        raw.send("\x16\x03\x01 garbage\r\n\r\n");
        CHECK(has(raw.read_until(""), "HTTP/1.1 400"));
    }
    {
        Raw raw(f.path);
        raw.send("GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n");
        CHECK(has(raw.read_until(""), "HTTP/1.1 431"));
    }
    {
        Raw raw(f.path);
        raw.send("POST /v1/config/check HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n");
        CHECK(has(raw.read_until(""), "HTTP/1.1 413"));
    }
    CHECK(has(f.ask("GET /v1/%zz"), "HTTP/1.1 400"));
    CHECK(has(f.ask("GET /v1/status"), "HTTP/1.1 200"));
}

TEST_CASE("a connection without a request is closed") {
    Fixture f({.idle = 50ms});
    Raw raw(f.path);
    CHECK(raw.read_until("").empty());
}

TEST_CASE("a cluster that gives no answer is told of, and its late answer harms nobody") {
    Fixture f({.answer = 50ms});
    CHECK(has(f.ask("POST /v1/groups/slow/stop"), "HTTP/1.1 504"));
    f.server.reset();
    REQUIRE(f.backend.unanswered.size() == 1);
    f.backend.unanswered[0]({true, ErrorCode::invalid, "too late"});
}

TEST_CASE("connections beyond the limit are refused in words, and others go on") {
    Fixture f;
    std::vector<std::unique_ptr<Raw>> open;
    for (std::size_t i = 0; i < k_limit_connections; i++) {
        open.push_back(std::make_unique<Raw>(f.path));
        open.back()->send("GET /v1/config HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(has(open.back()->read_until("demo"), "200 OK"));
    }
    {
        Raw one_more(f.path);
        CHECK(has(one_more.read_until(""), "HTTP/1.1 503"));
    }
    open[0]->send("GET /v1/config HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(has(open[0]->read_until("demo"), "200 OK"));
}

TEST_CASE("events are followed as they come, from where one was") {
    Fixture f({.poll = 5ms});
    f.backend.log = {{.number = 1, .name = "node_up"}, {.number = 2, .name = "node_down"}};
    Raw raw(f.path);
    raw.send("GET /v1/events?follow=1&since=1 HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto first = raw.read_until("node_down");
    CHECK(has(first, "application/x-ndjson"));
    CHECK_FALSE(has(first, "node_up"));
    {
        std::lock_guard guard(f.backend.mutex);
        f.backend.log.push_back({.number = 3, .name = "group_online"});
    }
    CHECK(has(raw.read_until("group_online"), "group_online"));
    f.server.reset();
    CHECK(raw.read_until("no such text").size() < 1000);
}

TEST_CASE("a socket left over is replaced; one in use, and what is no socket, is not") {
    Directory directory;
    FakeBackend backend;
    const auto path = directory.path + "/had.sock";
    {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path.c_str());
        REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        ::close(fd);
    }
    Server server(backend, {.socket = path});
    CHECK_THROWS_WITH_AS(Server(backend, {.socket = path}),
                         ("another process answers at the management socket " + path +
                          "; end it first, or choose another path").c_str(),
                         Error);
    CHECK_THROWS_AS(Server(backend, {.socket = directory.path + std::string(200, 'x')}), Error);
    CHECK_THROWS_AS(Server(backend, {.socket = directory.path + "/absent/had.sock"}), Error);
    std::ofstream(directory.path + "/file") << "x";
    CHECK_THROWS_AS(Server(backend, {.socket = directory.path + "/file"}), Error);
}

namespace {

/// Descriptors of this process that one which it begins would have as well.
std::set<int> inherited() {
    std::set<int> out;
    for (const auto& one : std::filesystem::directory_iterator("/proc/self/fd")) {
        const int fd = std::stoi(one.path().filename().string());
        const int flags = ::fcntl(fd, F_GETFD);
        if (flags >= 0 && (flags & FD_CLOEXEC) == 0) out.insert(fd);
    }
    return out;
}

}  // namespace

TEST_CASE("processes that are begun here get no socket of the management API") {
    Directory directory;
    FakeBackend backend;
    const auto path = directory.path + "/had.sock";
    const auto before = inherited();
    Server server(backend, {.socket = path});
    CHECK(inherited() == before);
    Raw raw(path);
    ::fcntl(raw.fd, F_SETFD, FD_CLOEXEC);
    raw.send("GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(has(raw.read_until("cluster"), "200 OK"));  // so it was accepted
    CHECK(inherited() == before);
}

TEST_CASE("who still answers for a process that was killed is waited for a moment") {
    Directory directory;
    FakeBackend backend;
    const auto path = directory.path + "/had.sock";
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{30, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path.c_str());
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(fd, 8) == 0);
    // It goes when it was asked once.
    std::thread child([fd] {
        const int asked = ::accept(fd, nullptr, nullptr);
        ::close(fd);
        ::close(asked);
    });
    CHECK_NOTHROW(Server(backend, {.socket = path}));
    child.join();
}
