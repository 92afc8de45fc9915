// The pure part of exec.
#include "plan.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>

using namespace ha::exec;

TEST_CASE("exit codes are numbers and ranges; none at all judges nothing") {
    const auto codes = ExitCodes::parse({"0", "3-5"});
    for (int code : {0, 3, 4, 5}) CHECK(codes.contains(code));
    for (int code : {1, 2, 6, 255}) CHECK(!codes.contains(code));
    CHECK(ExitCodes::parse({}).contains(17));
}

TEST_CASE("exit codes that are none are refused") {
    for (const char* item : {"", "x", "256", "-1", "5-3", "1-", "-", "1-2-3", "0 "})
        CHECK_THROWS_AS(ExitCodes::parse({item}), std::invalid_argument);
}

TEST_CASE("a path to an executable is run directly, all else by the shell") {
    CHECK(to_arguments("/bin/true") == std::vector<std::string>{"/bin/true"});
    CHECK(to_arguments("/bin/true --now").front() == "/bin/sh");
    CHECK(to_arguments("/etc/passwd").front() == "/bin/sh");
    CHECK(to_arguments("true").back() == "true");
    CHECK(default_directory("/bin/true") == "/bin");
    CHECK(default_directory("sleep 5") == "/");
}

TEST_CASE("the environment has our names and the classic ones, and the user's win by coming last") {
    ha_operation_t operation{};
    operation.kind = HA_OPERATION_STOP;
    operation.event = HA_EVENT_FAILOVER;
    operation.factor = HA_FACTOR_NODE_SHUTDOWN;
    operation.last_action = HA_LAST_ACTION_REBOOT;
    operation.epoch = {3, 5, 2, 0};
    operation.priority = 2;
    Settings settings;
    settings.environment = {"CLP_DISK=MINE"};
    const auto all = make_environment(settings, {"n1", "web", "app"}, operation,
                                      std::chrono::milliseconds(1500));
    const auto has = [&](const char* item) {
        return std::find(all.begin(), all.end(), item) != all.end();
    };
    for (const char* item :
         {"HA_EPOCH=3:5:2", "HA_NODE=n1", "HA_GROUP=web", "HA_RESOURCE=app", "HA_OPERATION=stop",
          "HA_EVENT=FAILOVER", "HA_FACTOR=SERVERSHUTDOWN", "HA_TIMEOUT_MS=1500", "HA_HOME=0",
          "CLP_EVENT=FAILOVER", "CLP_FACTOR=SERVERSHUTDOWN", "CLP_LASTACTION=REBOOT",
          "CLP_SERVER=OTHER", "CLP_PRIORITY=2", "CLP_GROUPNAME=web", "CLP_RESOURCENAME=app"})
        CHECK_MESSAGE(has(item), item);
    CHECK(all.back() == "CLP_DISK=MINE");
}
