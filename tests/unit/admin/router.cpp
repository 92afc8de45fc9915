// Requests of the management API and their answers, without a socket.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "admin/router.hpp"
#include "fake_backend.hpp"

using namespace ha;
using namespace ha::admin;
using Json = nlohmann::json;

namespace {

ApiReply ask(FakeBackend& backend, const std::string& method, const std::string& target,
             const std::string& body = "") {
    ApiRequest request;
    request.method = method;
    request.body = body;
    REQUIRE(parse_target(target, request));
    std::optional<ApiReply> got;
    handle(backend, request, [&](ApiReply reply) {
        CHECK_FALSE(got.has_value());
        got = std::move(reply);
    });
    REQUIRE(got.has_value());
    CHECK(Json::parse(got->body, nullptr, false).is_object());
    return *got;
}

}  // namespace

TEST_CASE("the state is told with names and words") {
    FakeBackend backend;
    backend.status_now = sample_status();
    const auto status = Json::parse(ask(backend, "GET", "/v1/status").body);
    CHECK(status["cluster"] == "demo");
    CHECK(status["quorum"]["quorate"] == true);
    CHECK(status["quorum"]["guarantee"] == "never two owners");
    CHECK(status["nodes"].size() == 3);
    CHECK(status["groups"][0]["resources"][1]["name"] == "nginx");
    CHECK(Json::parse(ask(backend, "GET", "/v1/groups/mail").body)["state"] == "failed");
    CHECK(Json::parse(ask(backend, "GET", "/v1/nodes").body)["nodes"].size() == 3);
    CHECK(ask(backend, "GET", "/v1/groups/nobody").status == 404);
}

TEST_CASE("each request reaches the cluster as it was meant") {
    FakeBackend backend;
    ask(backend, "POST", "/v1/groups/web/start");
    ask(backend, "POST", "/v1/groups/web/start", R"({"node": "b"})");
    ask(backend, "POST", "/v1/groups/web/stop");
    ask(backend, "POST", "/v1/groups/web/move", R"({"node": "b"})");
    ask(backend, "POST", "/v1/groups/web/restart");
    ask(backend, "POST", "/v1/groups/web/clear");
    ask(backend, "POST", "/v1/resources/a%20b/restart");
    ask(backend, "POST", "/v1/nodes/a/maintenance", R"({"on": true})");
    ask(backend, "POST", "/v1/nodes/c/fence");
    ask(backend, "POST", "/v1/nodes/c/confirm-off", R"({"confirm": "c", "start": 7})");
    ask(backend, "POST", "/v1/nodes/a/mode", R"({"mode": "isolated", "reason": "RAM"})");
    ask(backend, "POST", "/v1/groups/web/move", R"({"ban": true})");
    ask(backend, "POST", "/v1/monitors/m/pause");
    ask(backend, "POST", "/v1/monitors/m/resume");
    ask(backend, "POST", "/v1/config/apply?name=x.json", "{}");
    ask(backend, "POST", "/v1/config/apply?name=y&confirm_within=60s&stop_groups=true", "{}");
    ask(backend, "POST", "/v1/config/confirm");
    ask(backend, "POST", "/v1/config/revert");
    ask(backend, "POST", "/v1/nodes/b/order", R"({"order": "reboot", "lose_quorum": true})");
    ask(backend, "POST", "/v1/cluster/order", R"({"order": "stop"})");
    ask(backend, "POST", "/v1/cluster/suspend");
    ask(backend, "POST", "/v1/cluster/resume");
    ask(backend, "POST", "/v1/cluster/init");
    ask(backend, "POST", "/v1/witness/renew");
    CHECK(backend.asked == std::vector<std::string>{
                               "start web ", "start web b", "stop web", "move web b", "restart web",
                               "clear web ", "resource restart a b", "mode a maintenance",
                               "fence c", "confirm off c 7", "mode a isolated RAM",
                               "move web  ban", "pause m", "resume m", "apply x.json {}",
                               "apply y {} within 60 stopping", "confirm", "revert",
                               "reboot b meant", "stop ", "suspend", "resume",
                               "init", "renew witness"});
}

TEST_CASE("what is refused has a code and a sentence") {
    FakeBackend backend;
    auto reply = ask(backend, "POST", "/v1/groups/no/stop");
    CHECK(reply.status == 409);
    CHECK(reply.body == R"({"code":"refused","message":"not now"})");
    reply = ask(backend, "POST", "/v1/groups/absent/stop");
    CHECK(reply.status == 404);
    CHECK(reply.body == R"({"code":"not_found","message":"there is no 'absent'"})");
    CHECK(ask(backend, "GET", "/v2/status").status == 404);
    CHECK(ask(backend, "DELETE", "/v1/status").status == 405);
    CHECK(ask(backend, "POST", "/v1/groups/web/start", "[1]").status == 400);
    CHECK(ask(backend, "POST", "/v1/groups/web/start", "{").status == 400);
    CHECK(ask(backend, "POST", "/v1/groups/web/start", R"({"node": 5})").status == 400);
    CHECK(ask(backend, "POST", "/v1/nodes/a/maintenance", R"({"on": "yes"})").status == 400);
    for (const char* body : {"", R"({"confirm": "b", "start": 7})", R"({"confirm": "c"})",
                             R"({"confirm": "c", "start": -1})", R"({"start": 7})"})
        CHECK(ask(backend, "POST", "/v1/nodes/c/confirm-off", body).status == 400);
    CHECK(ask(backend, "POST", "/v1/nodes/a/mode", "{}").status == 400);
    CHECK(ask(backend, "POST", "/v1/groups/web/move", R"({"ban": 1})").status == 400);
    CHECK(ask(backend, "POST", "/v1/cluster/order", "{}").status == 400);
    CHECK(ask(backend, "POST", "/v1/nodes/a/order", R"({"order": "dance"})").status == 400);
    CHECK(ask(backend, "POST", "/v1/simulate", "{}").status == 400);
    CHECK(ask(backend, "POST", "/v1/simulate", R"({"events": [{"kill": 5}]})").status == 400);
    CHECK(ask(backend, "POST", "/v1/simulate", R"({"events": ["kill"]})").status == 400);
    CHECK(ask(backend, "POST", "/v1/simulate", R"({"events": [{"kill": "a", "stop": "b"}]})")
              .status == 400);
    CHECK(ask(backend, "GET", "/v1/events?since=x").status == 400);
    CHECK(ask(backend, "GET", "/v1/events?since=-1").status == 400);
}

TEST_CASE("a configuration with errors is not applied") {
    FakeBackend backend;
    const auto reply = ask(backend, "POST", "/v1/config/apply", "wrong");
    CHECK(reply.status == 400);
    const auto json = Json::parse(reply.body);
    CHECK(json["report"]["errors"][0]["line"] == 3);
    CHECK(backend.asked.empty());
    CHECK(Json::parse(ask(backend, "POST", "/v1/config/check", "wrong").body)["ok"] == false);
    CHECK(Json::parse(ask(backend, "POST", "/v1/config/check", "fine").body)["ok"] == true);
}

TEST_CASE("events can be read on from where one was, and a new start of the daemon is noticed") {
    FakeBackend backend;
    backend.status_now.start = 4;
    for (std::uint64_t i = 1; i <= 5; i++) backend.log.push_back({.number = i, .name = "node_up"});
    auto json = Json::parse(ask(backend, "GET", "/v1/events?limit=2").body);
    CHECK(json["events"].size() == 2);
    CHECK(json["next"] == 2);
    json = Json::parse(ask(backend, "GET", "/v1/events?since=2&start=4").body);
    CHECK(json["events"].size() == 3);
    CHECK(json["reset"] == false);
    json = Json::parse(ask(backend, "GET", "/v1/events?since=5&start=3").body);
    CHECK(json["reset"] == true);
    CHECK(json["events"].size() == 5);
}

TEST_CASE("targets that are not well formed are refused") {
    ApiRequest request;
    for (const auto* target : {"", "v1", "http://x/", "/a%", "/a%2", "/a%zz", "/a%00", "/a?b=%"})
        CHECK_FALSE(parse_target(target, request));
}

TEST_CASE("operations reach the cluster as they were meant, with their times") {
    FakeBackend backend;
    ask(backend, "POST", "/v1/groups/web/move", R"({"node": "b", "deadline": "5s"})");
    ask(backend, "POST", "/v1/groups/web/failover", R"({"node": "b"})");
    ask(backend, "POST", "/v1/groups/web/freeze");
    ask(backend, "POST", "/v1/groups/web/thaw");
    ask(backend, "POST", "/v1/resources/vip/stop");
    ask(backend, "POST", "/v1/resources/vip/start");
    ask(backend, "POST", "/v1/monitors/m/pause", R"({"for": "2s"})");
    ask(backend, "POST", "/v1/monitors/pause");
    ask(backend, "POST", "/v1/monitors/resume");
    ask(backend, "POST", "/v1/monitors/m/inject", R"({"for": "3s"})");
    ask(backend, "POST", "/v1/monitors/m/inject", R"({"off": true})");
    ask(backend, "POST", "/v1/timeout_ratio", R"({"ratio": 3, "for": "10min"})");
    ask(backend, "POST", "/v1/timeout_ratio", R"({"ratio": 1})");
    ask(backend, "POST", "/v1/nodes/a/reboots/reset");
    CHECK(backend.asked == std::vector<std::string>{
                               "move web b 5000 ms", "failover web b", "freeze web", "thaw web",
                               "resource stop vip", "resource start vip", "pause m 2000 ms",
                               "pause ", "resume ", "inject m on 3000 ms", "inject m off",
                               "ratio 3 600000 ms", "ratio 1", "reboots reset a"});
    backend.asked.clear();
    CHECK(ask(backend, "POST", "/v1/groups/web/move", R"({"deadline": 5})").status == 400);
    CHECK(ask(backend, "POST", "/v1/groups/web/move", R"({"deadline": "-5s"})").status == 400);
    CHECK(ask(backend, "POST", "/v1/groups/web/move", R"({"dry_run": "yes"})").status == 400);
    CHECK(ask(backend, "POST", "/v1/timeout_ratio", "{}").status == 400);
    CHECK(ask(backend, "POST", "/v1/timeout_ratio", R"({"ratio": -1})").status == 400);
    CHECK(ask(backend, "POST", "/v1/timeout_ratio", R"({"ratio": 5000000000})").status == 400);
    CHECK(backend.asked.empty());
}

TEST_CASE("a dry run of any operation asks the cluster for nothing") {
    FakeBackend backend;
    for (const char* target :
         {"groups/web/start", "groups/web/stop", "groups/web/move", "groups/web/failover",
          "groups/web/restart", "groups/web/freeze", "groups/web/thaw", "resources/vip/start",
          "resources/vip/stop", "resources/vip/restart"}) {
        CAPTURE(target);
        const auto json = Json::parse(ask(backend, "POST", "/v1/" + std::string(target),
                                          R"({"dry_run": true, "node": "b"})")
                                          .body);
        CHECK(json["dry_run"] == true);
        CHECK(json["steps"].size() == 2);
        CHECK(json["groups"][0]["node"] == "b");
    }
    CHECK(backend.asked.empty());
    CHECK(backend.rehearsed.size() == 10);
    CHECK(backend.rehearsed[2] == "group_move web b");
}
