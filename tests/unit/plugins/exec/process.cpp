// Helpers of processes: stat lines, records, users, and spawning what cannot be executed.
#include "support/process/spawn.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include "fake_host.hpp"
#include "ha/plugin.hpp"
#include "support/process/identity.hpp"

using namespace ha;
using namespace ha::support;

TEST_CASE("a stat line is read whatever the command is called") {
    const std::string tail = " S 1 70 60 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 9 9";
    const auto stat = parse_stat("71 (a) S 9 (b)" + tail);
    REQUIRE(stat);
    CHECK(stat->pid == 71);
    CHECK(stat->state == 'S');
    CHECK(stat->group == 70);
    CHECK(stat->session == 60);
    CHECK(stat->start_ticks == 12345);
}

TEST_CASE("text that is no stat line is none") {
    for (const char* text : {"", "71", "71 (a)", "71 (a) ", "71 (a) S 1 2", "(a) S",
                             "x (a) S 1 70 60 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 12345 9",
                             "71 (a) S 1 70 60 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 never 9"})
        CHECK_MESSAGE(!parse_stat(text), text);
}

TEST_CASE("a record is of this boot and of one process, or it is none") {
    test::TemporaryDirectory directory;
    const auto path = directory.file("record");
    CHECK(!read_record(path));
    directory.write("record", record_head() + "pid 4711\nstart 99\n");
    CHECK(read_record(path) == ProcessIdentity{4711, 99});
    directory.write("record", "ha-process 1\nboot another\npid 4711\nstart 99\n");
    CHECK(!read_record(path));
    for (const std::string tail : {"", "pid 4711\n", "pid x\nstart 99\n", "pid 1\nstart 99\n",
                                   "pid -4\nstart 99\n", "pid 4711\nstart \n"}) {
        directory.write("record", record_head() + tail);
        CHECK_THROWS_AS(read_record(path), plugin::Error);
    }
    directory.write("record", "garbage");
    CHECK_THROWS_AS(read_record(path), plugin::Error);
}

TEST_CASE("a recycled number is not taken for the process") {
    const auto self = read_stat(getpid());
    REQUIRE(self);
    CHECK(open_process({getpid(), self->start_ticks}));
    CHECK(!open_process({getpid(), self->start_ticks + 1}));
    CHECK(!open_process({0, 0}));
}

TEST_CASE("what cannot be executed is said with the step, and leaves no record") {
    test::TemporaryDirectory directory;
    SpawnRequest request;
    request.record_path = directory.file("record");
    request.arguments = {"/nonexistent/program"};
    const auto refusal = [&]() -> std::string {
        try {
            spawn(request);
        } catch (const plugin::Error& error) {
            return error.what();
        }
        return "";
    };
    CHECK(refusal() == "start /nonexistent/program: execute: No such file or directory");
    CHECK(!std::filesystem::exists(directory.file("record")));
    CHECK(!std::filesystem::exists(directory.file("record.new")));
    request.arguments = {"/bin/true"};
    request.working_directory = "/nonexistent";
    CHECK(refusal().find("enter its working directory") != std::string::npos);
}

TEST_CASE("users and groups are found by name and by number") {
    CHECK(find_credentials("root").user == 0);
    CHECK(find_credentials("0").group == 0);
    CHECK(find_credentials("12345:54321").group == 54321);
    CHECK(find_credentials("root:daemon").group != 0);
    for (const char* text : {"no-such-user", "root:no-such-group", "4000000", ""})
        CHECK_THROWS_AS(find_credentials(text), plugin::Error);
}
