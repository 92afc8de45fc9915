// An etcd's answers, the HTTP they come in, and the client: what is taken, what is refused, and
// with which words. The servers here are on loopback; a real etcd is in tests/system/witness/etcd.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "runtime/etcd_client.hpp"
#include "runtime/http_reply.hpp"
#include "runtime/json_text.hpp"
#include "runtime/machine.hpp"
#include "runtime/posix.hpp"

using namespace ha;
using namespace ha::runtime;

namespace etcd_cases {
namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

/// Fed byte by byte, then closed.
HttpReply feed(const std::string& text, std::size_t body_max = 100, bool is_closed = true) {
    HttpReply reply(body_max);
    for (const char c : text)
        if (!reply.feed(std::string(1, c))) return reply;
    if (is_closed) reply.feed_end();
    return reply;
}

std::string http(const std::string& body, const std::string& status = "200 OK") {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

/// Serves one connection after the other; answers each request with what `say` says. Empty: it
/// says nothing, and the connection stays as it is until the client ends it.
class Server {
   public:
    explicit Server(std::function<std::string(const std::string& request)> say)
        : say_(std::move(say)) {
        listening_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(listening_.get(), 8) == 0);
        ::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        endpoint = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
        thread_ = std::thread([this] { serve(); });
    }
    ~Server() {
        ::shutdown(listening_.get(), SHUT_RDWR);
        thread_.join();
    }
    std::string endpoint;
    std::atomic<int> connections{0};

   private:
    void serve() {
        for (;;) {
            UniqueFd fd(::accept(listening_.get(), nullptr, nullptr));
            if (!fd) return;
            connections++;
            talk(fd.get());
        }
    }
    void talk(int fd) {
        std::string waiting;
        char buffer[4096];
        for (;;) {
            const auto n = ::recv(fd, buffer, sizeof buffer, 0);
            if (n <= 0) return;
            waiting.append(buffer, static_cast<std::size_t>(n));
            const auto head = waiting.find("\r\n\r\n");
            if (head == waiting.npos) continue;
            const auto field = waiting.find("Content-Length: ");
            const auto size = std::stoul(waiting.substr(field + 16));
            if (waiting.size() < head + 4 + size) continue;
            const auto reply = say_(waiting);
            waiting.clear();
            if (reply == "close") return;
            if (!reply.empty())
                static_cast<void>(::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL));
        }
    }
    std::function<std::string(const std::string&)> say_;
    UniqueFd listening_;
    std::thread thread_;
};

model::EtcdSpec spec_of(std::vector<std::string> endpoints) {
    model::EtcdSpec spec;
    spec.endpoints = std::move(endpoints);
    spec.prefix = "/p/";
    return spec;
}

/// An answer of this etcd, and more that it says.
std::string answer_with(const std::string& rest) {
    return R"({"header":{"cluster_id":"1","revision":"7"})" + rest + "}";
}

constexpr const char* k_empty_range = R"({"header":{"cluster_id":"1","revision":"7"}})";

}  // namespace

TEST_CASE("base64 is what the standard says, in one form") {
    const std::string text = "Man \xff\x00 is";
    for (std::size_t n = 0; n <= text.size(); n++) {
        const auto bytes = bytes_of(std::string_view(text).substr(0, n));
        CHECK(from_base64(to_base64(bytes)).value() == bytes);
    }
    CHECK(to_base64(bytes_of("Man")) == "TWFu");
    CHECK(to_base64(bytes_of("Ma")) == "TWE=");
    CHECK(to_base64(bytes_of("M")) == "TQ==");
    for (const char* bad : {"TWF", "TW=u", "T===", "TWF\n", "TWF=", "TR==", "=AAA", "TWFuTQ"})
        CHECK_FALSE(from_base64(bad).has_value());
}

TEST_CASE("JSON is read within limits, and garbage is none") {
    const auto value =
        parse_json(R"( {"a":[1,-2.5e3,true,null],"b":{"c":"\u00e9\ud83d\ude00\n"}} )");
    REQUIRE(value.has_value());
    CHECK(value->find("a")->items.at(1).text == "-2.5e3");
    CHECK(value->find("b")->find("c")->text == "\xc3\xa9\xf0\x9f\x98\x80\n");
    CHECK(parse_json(to_json_text("a\"b\\\x01"))->text == "a\"b\\\x01");
    for (const char* bad : {"", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "tru", "\"a", "01x", "[1] 2",
                            "\"\\ud83d\"", "\"\\x\"", "-", "1.", "{a:1}"})
        CHECK_FALSE(parse_json(bad).has_value());
    CHECK_FALSE(parse_json(std::string(1000, '[')).has_value());
}

TEST_CASE("an etcd's range is read, and one that leaves something out is refused") {
    const auto range = decode_range(
        R"({"header":{"cluster_id":"14841639068965178418","revision":"12"},"kvs":[)"
        R"({"key":"L3Av","create_revision":"2","mod_revision":"11","version":"3","value":"AAE="}],)"
        R"("count":"1"})");
    REQUIRE(range.has_value());
    CHECK(range->cluster == 14841639068965178418U);
    CHECK(range->revision == 12);
    CHECK(range->values == std::vector<EtcdValue>{{"/p/", {0, 1}, 11}});
    CHECK(decode_range(k_empty_range)->values.empty());
    const auto refusal = [](const std::string& text) { return decode_range(text).error().context; };
    CHECK(has(refusal("<html>"), "no JSON object"));
    CHECK(has(refusal("{}"), "no answer of an etcd"));
    CHECK(has(refusal(R"({"header":{"revision":"7"}})"), "no cluster_id"));
    CHECK(has(refusal(R"({"header":{"revision":"x"}})"), "no answer of an etcd"));
    CHECK(has(refusal(answer_with(R"(,"count":"1")")), "tells of 1 values"));
    CHECK(has(refusal(answer_with(R"(,"kvs":{},"count":"1")")), "no list"));
    CHECK(has(refusal(answer_with(R"(,"kvs":[{"key":"?"}],"count":"1")")), "no key"));
    CHECK(has(refusal(answer_with(R"(,"kvs":[{"key":"YQ=="}],"count":"1")")),
              "no mod_revision"));
    CHECK(has(refusal(std::string(k_limit_etcd_answer_bytes + 1, ' ')), "longer than"));
}

TEST_CASE("F10: a swap has succeeded only if the answer says so") {
    CHECK(decode_swap(answer_with(R"(,"succeeded":true)")).value());
    CHECK_FALSE(decode_swap(answer_with("")).value());
    CHECK_FALSE(decode_swap(answer_with(R"(,"succeeded":false)")).value());
    CHECK_FALSE(decode_swap(answer_with(R"(,"succeeded":"true")")).has_value());
    CHECK_FALSE(decode_swap(R"({"succeeded":true})").has_value());
    const auto text =
        swap_request({"/p/record", 7, {{"/p/record", {1}}}, "/p/kept/1", "/p/kept/2"});
    REQUIRE(parse_json(text));
    CHECK(has(text, R"("mod_revision":"7")"));
    CHECK(has(text, R"("request_put":{"key":"L3AvcmVjb3Jk","value":"AQ=="})"));
    CHECK(has(text, "request_delete_range"));
}

TEST_CASE("a reply of HTTP is taken in any pieces, and refused when it is none") {
    const auto sized = feed("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 100, false);
    CHECK((sized.is_complete() && sized.body() == "abc" && sized.is_kept_open()));
    const auto chunked = feed("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n", 100, false);
    CHECK((chunked.is_complete() && chunked.body() == "abc" && chunked.status() == 404));
    const auto open = feed("HTTP/1.0 200 OK\r\n\r\nabc");
    CHECK((open.is_complete() && open.body() == "abc" && !open.is_kept_open()));
    const auto continued = feed("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
                                "Content-Length: 1\r\n\r\nx", 100, false);
    CHECK((continued.is_complete() && continued.status() == 200));
    CHECK(has(feed("").problem(), "without a reply"));
    CHECK(has(feed("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab").problem(), "in the midst"));
    CHECK(has(feed("SSH-2.0-OpenSSH_9.2\r\n\r\n").problem(), "no HTTP"));
    CHECK(has(feed("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n").problem(), "longer than 100"));
    CHECK(has(feed("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n").problem(), "no number"));
    CHECK(has(feed("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n").problem(),
              "no number"));
    CHECK(has(feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n").problem(),
              "longer than 100"));
    CHECK(has(feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n").problem(), "encoded"));
    CHECK(has(feed("HTTP/1.1 200 OK\r\nno field\r\n\r\n").problem(), "no field"));
    CHECK(has(feed("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab").problem(), "more than"));
    CHECK(has(feed("HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x')).problem(), "longer than"));
}

TEST_CASE("an endpoint is scheme, host and port") {
    CHECK(parse_endpoint("https://10.0.0.1:5")->port == 5);
    CHECK(parse_endpoint("http://etcd.example")->port == 2379);
    CHECK(parse_endpoint("https://[2001:db8::9]:7")->host == "2001:db8::9");
    for (const char* bad : {"10.0.0.1:5", "ftp://a", "https://", "https://a:0", "https://a:x",
                            "https://[2001:db8::9", "https://a/b", "https://u@a"})
        CHECK_FALSE(parse_endpoint(bad).has_value());
}

TEST_CASE("F10: an endpoint that is silent or odd makes way for the next, and is named") {
    Server silent([](const std::string&) { return ""; });
    Server odd([](const std::string&) { return http("nothing of the kind"); });
    Server good([](const std::string&) { return http(k_empty_range); });
    {
        EtcdClient client(spec_of({silent.endpoint, good.endpoint}), 2s);
        CHECK(client.range("/p/a", "/p/b").has_value());
        CHECK(client.range("/p/a", "/p/b").has_value());
    }
    CHECK(silent.connections == 1);  // the one that answered is asked first from then on
    CHECK(good.connections == 1);    // on the same connection
    EtcdClient alone(spec_of({silent.endpoint}), 100ms);
    CHECK(alone.range("/p/a", "/p/b").error().context == silent.endpoint +
                                                             ": it did not answer in time");
    EtcdClient other(spec_of({odd.endpoint, good.endpoint}), 5s);
    const auto told = other.range("/p/a", "/p/b");
    CHECK(told.error().context == odd.endpoint + ": its answer is no JSON object");
    CHECK(other.range("/p/a", "/p/b").has_value());
}

TEST_CASE("F10: a swap is asked of one endpoint, once: it may have been carried out") {
    std::atomic<int> asked{0};
    Server closes([&](const std::string&) { asked++; return "close"; });
    Server good([&](const std::string&) {
        asked++;
        return http(R"({"header":{"cluster_id":"1","revision":"7"},"succeeded":true})");
    });
    EtcdClient client(spec_of({closes.endpoint, good.endpoint}), 5s);
    CHECK_FALSE(client.swap({"/p/record", 0, {}, "", ""}).has_value());
    CHECK(asked == 1);
    CHECK(client.swap({"/p/record", 0, {}, "", ""}).value());
}

TEST_CASE("F10: a swap that another etcd has carried out is of no known outcome") {
    Server read([](const std::string& request) {
        return has(request, "/v3/kv/range") ? http(k_empty_range) : std::string("close");
    });
    Server other([](const std::string&) {
        return http(R"({"header":{"cluster_id":"2","revision":"7"},"succeeded":true})");
    });
    EtcdClient client(spec_of({read.endpoint, other.endpoint}), 5s);
    REQUIRE(client.range("/p/a", "/p/b").has_value());
    CHECK_FALSE(client.swap({"/p/record", 7, {}, "", ""}).has_value());  // and turns to the next
    const auto told = client.swap({"/p/record", 7, {}, "", ""});
    REQUIRE_FALSE(told.has_value());
    CHECK(has(told.error().context, "another etcd (its cluster_id is 2)"));
}

TEST_CASE("a client whose node stops asks nobody any more") {
    std::atomic<bool> is_ending{false};
    Server closes([&](const std::string&) {
        is_ending = true;
        return "close";
    });
    Server next([](const std::string&) { return http(k_empty_range); });
    EtcdClient client(spec_of({closes.endpoint, next.endpoint}), 5s, &is_ending);
    CHECK_FALSE(client.range("/p/a", "/p/b").has_value());
    CHECK(next.connections == 0);
    CHECK(has(client.range("/p/a", "/p/b").error().context, "this node is stopping"));
    CHECK(closes.connections == 1);
}

namespace {

/// A socket on loopback that takes no connection, and refuses none: its queue is full.
struct DeadEnd {
    DeadEnd() {
        listening = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        auto* raw = reinterpret_cast<sockaddr*>(&address.storage);
        auto* in = reinterpret_cast<sockaddr_in*>(&address.storage);
        in->sin_family = AF_INET;
        in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.size = sizeof *in;
        REQUIRE(::bind(listening.get(), raw, address.size) == 0);
        REQUIRE(::listen(listening.get(), 0) == 0);
        REQUIRE(::getsockname(listening.get(), raw, &address.size) == 0);
        for (int n = 0; n < 8; n++) {
            UniqueFd one(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            static_cast<void>(::connect(one.get(), raw, address.size));
            waiting.push_back(std::move(one));
        }
    }
    SocketAddress address;
    UniqueFd listening;
    std::vector<UniqueFd> waiting;
};

}  // namespace

TEST_CASE("an address of a name that is dead leaves time for the next one") {
    const DeadEnd dead;
    Server good([](const std::string&) { return ""; });
    auto address = resolve_address(good.endpoint.substr(std::string("http://").size()));
    REQUIRE(address);
    StreamTarget target;
    target.host = "two.example";
    target.names = std::make_shared<NameLookup>([&](const std::string&, std::uint16_t) {
        return NameLookup::Addresses{dead.address, *address};
    });
    CHECK(Stream::open(target, now() + 4s).has_value());
    target.names = std::make_shared<NameLookup>([&](const std::string&, std::uint16_t) {
        return NameLookup::Addresses{dead.address, dead.address};
    });
    const auto both = Stream::open(target, now() + 200ms);
    REQUIRE_FALSE(both.has_value());
    CHECK(both.error().context == "it did not answer in time");
}

TEST_CASE("a name is waited for until the deadline; a look-up that hangs is not made twice") {
    struct Slow {
        std::mutex mutex;
        std::condition_variable wake;
        bool is_free = false;
        int asked = 0;
    };
    const auto slow = std::make_shared<Slow>();  // the thread may outlive this test
    NameLookup names([slow](const std::string&, std::uint16_t) -> Result<NameLookup::Addresses> {
        std::unique_lock guard(slow->mutex);
        slow->asked++;
        slow->wake.wait(guard, [&] { return slow->is_free; });
        return NameLookup::Addresses(1);
    });
    const auto begun = now();
    const auto late = names.look_up("slow.example", 1, begun + 50ms, nullptr);
    REQUIRE_FALSE(late.has_value());
    CHECK(late.error().context == "its name was not resolved in time");
    CHECK_FALSE(names.look_up("slow.example", 1, now() + 50ms, nullptr).has_value());
    CHECK(names.look_up("127.0.0.1", 5, now(), nullptr)->size() == 1);  // no name: at once
    const std::atomic<bool> is_ending{true};
    const auto stopped = names.look_up("slow.example", 1, now() + 10min, &is_ending);
    REQUIRE_FALSE(stopped.has_value());
    CHECK(stopped.error().context == "this node is stopping");
    {
        std::lock_guard guard(slow->mutex);
        CHECK(slow->asked <= 1);
        slow->is_free = true;
        slow->wake.notify_all();
    }
    CHECK(names.look_up("slow.example", 1, now() + 30s, nullptr)->size() == 1);
    CHECK(slow->asked == 1);
}

TEST_CASE("a read on a connection that the server has closed meanwhile is asked on another") {
    std::atomic<int> asked{0};
    Server forgetful([&](const std::string&) {
        // Its second reply is none: it closes as servers do with connections that were idle.
        return ++asked == 2 ? std::string("close") : http(k_empty_range);
    });
    EtcdClient client(spec_of({forgetful.endpoint}), 5s);
    CHECK(client.range("/p/a", "/p/b").has_value());
    CHECK(client.range("/p/a", "/p/b").has_value());
    CHECK(forgetful.connections == 2);
}

TEST_CASE("a user logs in, again when the login has run out, and is told when it is refused") {
    const std::string path = "/tmp/ha-etcd-password-" + std::to_string(::getpid());
    const auto write = [&](const std::string& text) {
        std::FILE* file = std::fopen(path.c_str(), "w");
        REQUIRE(file != nullptr);
        std::fputs(text.c_str(), file);
        std::fclose(file);
    };
    write("sesame\n");
    std::atomic<int> logins{0};
    Server server([&](const std::string& request) {
        if (has(request, "/v3/auth/authenticate")) {
            if (!has(request, R"({"name":"ha","password":"sesame"})"))
                return http(R"({"error":"invalid user ID","code":3})", "400 Bad Request");
            const auto token = "t" + std::to_string(++logins);
            return http(R"({"header":{"revision":"7"},"token":")" + token + "\"}");
        }
        // The first token runs out after it was used once.
        static std::atomic<int> uses{0};
        const bool is_good = has(request, "Authorization: t2") ||
                             (has(request, "Authorization: t1") && uses++ == 0);
        return is_good ? http(k_empty_range)
                       : http(R"({"error":"invalid auth token"})", "401 Unauthorized");
    });
    auto spec = spec_of({server.endpoint});
    spec.user = "ha";
    spec.password_file = path;
    {
        EtcdClient client(spec, 5s);
        CHECK(client.range("/p/a", "/p/b").has_value());
        CHECK(client.range("/p/a", "/p/b").has_value());
    }
    CHECK(logins == 2);
    write("mellon\n");
    {
        EtcdClient wrong(spec, 5s);
        CHECK(has(wrong.range("/p/a", "/p/b").error().context, "refuses the user ha"));
    }
    std::remove(path.c_str());
    EtcdClient none(spec, 5s);
    CHECK(has(none.range("/p/a", "/p/b").error().context, path));
}

}  // namespace etcd_cases
