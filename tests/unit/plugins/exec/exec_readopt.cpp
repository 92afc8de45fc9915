// exec across a restart of its host: what runs is found again, and only that.
#include <doctest/doctest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "bench.hpp"

using namespace ha;
using namespace ha::plugin;
using test::Bench;
using test::says;

namespace {
const test::Parameters k_sleeper = {{"start", "sleep 1000"}, {"mode", "async"}};
}

TEST_CASE("a host that comes back finds its process, and can stop it") {
    Bench bench;
    auto first = bench.make(k_sleeper);
    REQUIRE(first->start(bench.call()));
    const auto identity = bench.recorded();
    first.reset();
    CHECK(bench.is_alive(identity->pid));
    auto second = bench.make(k_sleeper);
    CHECK(bench.probe(*second).status == ProbedStatus::online);
    CHECK(second->start(bench.call()));
    CHECK(bench.recorded() == identity);
    CHECK(second->stop(bench.call()));
    CHECK(!bench.is_alive(identity->pid));
}

TEST_CASE("a process that is not our child is found, watched and stopped all the same") {
    Bench bench;
    const pid_t host = fork();
    REQUIRE(host >= 0);
    if (host == 0) {
        auto app = bench.make(k_sleeper);
        _exit(app->start(bench.call()) ? 0 : 1);
    }
    int status = 1;
    REQUIRE(waitpid(host, &status, 0) == host);
    REQUIRE(status == 0);
    const auto identity = bench.recorded();
    REQUIRE(identity);
    CHECK(bench.is_alive(identity->pid));
    auto app = bench.make(k_sleeper);
    CHECK(bench.probe(*app).status == ProbedStatus::online);
    CHECK(bench.watch()->check(bench.call()).verdict == CheckedVerdict::ok);
    CHECK(app->stop(bench.call()));
    CHECK(!bench.is_alive(identity->pid));
    CHECK(bench.probe(*app).status == ProbedStatus::offline);
}

TEST_CASE("a record whose number belongs to another process by now means failed, not online") {
    Bench bench;
    auto app = bench.make(k_sleeper);
    const auto self = support::read_stat(getpid());
    std::ofstream(bench.record_path()) << support::record_head() << "pid " << getpid() << "\nstart "
                                       << self->start_ticks + 1 << "\n";
    CHECK(bench.probe(*app).status == ProbedStatus::failed);
    CHECK(app->stop(bench.call()));  // and we are alive to see it
    CHECK(bench.probe(*app).status == ProbedStatus::offline);
}

TEST_CASE("a record of an earlier boot is nothing") {
    Bench bench;
    auto app = bench.make(k_sleeper);
    std::ofstream(bench.record_path()) << "ha-process 1\nboot other\npid " << getpid()
                                       << "\nstart 1\n";
    CHECK(bench.probe(*app).status == ProbedStatus::offline);
}

TEST_CASE("a damaged record is a failure that names the file, not a guess") {
    Bench bench;
    auto app = bench.make(k_sleeper);
    std::ofstream(bench.record_path()) << "nonsense";
    const auto answer = app->probe(bench.call());
    REQUIRE(!answer);
    CHECK(answer.error().code == FailureCode::corrupt);
    CHECK(says(answer.error().context, bench.record_path()));
    std::filesystem::remove(bench.record_path());
}

TEST_CASE("a sync resource that was started is online for the next host") {
    Bench bench;
    const test::Parameters parameters = {{"start", "true"}};
    REQUIRE(bench.make(parameters)->start(bench.call()));
    CHECK(bench.probe(*bench.make(parameters)).status == ProbedStatus::online);
}

TEST_CASE("a start command that an earlier host left behind is ended before the next operation") {
    Bench bench;
    const auto pid_file = bench.directory.file("pid");
    const test::Parameters parameters = {
        {"start", "test -e " + pid_file + " && exit 0; echo $$ > " + pid_file + "; sleep 1000"}};
    const pid_t host = fork();
    REQUIRE(host >= 0);
    if (host == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        auto app = bench.make(parameters);
        _exit(app->start(bench.call(600s)) ? 0 : 1);
    }
    REQUIRE(test::wait_until([&] { return says(bench.directory.read("pid"), "\n"); }));
    kill(host, SIGKILL);
    waitpid(host, nullptr, 0);
    const pid_t left = std::stoi(bench.directory.read("pid"));
    CHECK(bench.is_alive(left));
    auto app = bench.make(parameters);
    CHECK(bench.probe(*app).status == ProbedStatus::failed);
    CHECK(app->start(bench.call()));
    CHECK(!bench.is_alive(left));
    CHECK(bench.probe(*app).status == ProbedStatus::online);
}
