// exec with real processes: start, stop, exit codes, timeouts, environment, what is inherited.
#include "exec.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <thread>

#include "bench.hpp"

using namespace ha;
using namespace ha::plugin;
using test::Bench;
using test::says;

TEST_CASE("a sync resource is online when its start command has succeeded") {
    Bench bench;
    auto app = bench.make({{"start", "true"}, {"stop", "true"}});
    CHECK(bench.probe(*app).status == ProbedStatus::offline);
    CHECK(app->start(bench.call()));
    CHECK(bench.probe(*app).status == ProbedStatus::online);
    CHECK(app->stop(bench.call()));
    CHECK(bench.probe(*app).status == ProbedStatus::offline);
    CHECK(app->stop(bench.call()));
}

TEST_CASE("an exit code that is not normal is a failure and is shown") {
    Bench bench;
    auto app = bench.make({{"start", "exit 3"}, {"stop", "exit 4"}});
    CHECK(says(app->start(bench.call()).error().context, "'exit 3' exited with code 3"));
    CHECK(bench.probe(*app).status == ProbedStatus::offline);
    CHECK(says(app->stop(bench.call()).error().context, "'exit 4' exited with code 4"));
    CHECK(bench.make({{"start", "exit 3"}, {"normal_exit_codes", "0\n2-4"}})->start(bench.call()));
    CHECK(says(bench.make({{"start", "kill -9 $$"}})->start(bench.call()).error().context,
               "was killed by SIGKILL"));
}

TEST_CASE("wrong parameters are refused when the instance is made") {
    Bench bench;
    const auto refusal = [&](const test::Parameters& parameters) {
        auto made = bench.registry.create_resource({.type = "exec",
                                                    .name = "app",
                                                    .parameters = parameters,
                                                    .state_root = bench.directory.file("state")},
                                                   bench.services);
        return made ? std::string() : made.error().context;
    };
    CHECK(says(refusal({}), "needs parameter 'start'"));
    CHECK(says(refusal({{"start", "x"}, {"mode", "asink"}}), "must be one of: sync, async"));
    CHECK(says(refusal({{"start", "x"}, {"normal_exit_codes", "7-300"}}), "'7-300'"));
    CHECK(says(refusal({{"start", "x"}, {"environment", "NOTHING"}}), "NAME=value"));
    CHECK(says(refusal({{"start", "x"}, {"user", "no-such-user"}}), "no-such-user"));
    CHECK(says(refusal({{"start", "x"}, {"sotp", "y"}}), "'stop'"));
}

TEST_CASE("a program that does not exist is a failure of start") {
    Bench bench;
    auto app =
        bench.make({{"start", "/nonexistent/program"}, {"mode", "async"}, {"settle", "1min"}});
    CHECK(says(app->start(bench.call()).error().context, "exited with code 127"));
    CHECK(!bench.recorded());
}

TEST_CASE("a command that does not end is ended with all its children at the timeout") {
    Bench bench;
    const auto pids = bench.directory.file("pids");
    auto app =
        bench.make({{"start", "trap '' TERM; sleep 1000 & echo $$ $! > " + pids + "; wait"}});
    const auto result = app->start(bench.call(1s));
    REQUIRE(!result);
    CHECK(says(result.error().context, "did not end in"));
    CHECK(says(result.error().context, "it was killed"));
    pid_t shell = 0, child = 0;
    std::istringstream(bench.directory.read("pids")) >> shell >> child;
    CHECK(shell > 1);
    CHECK(child > 1);
    CHECK(!bench.is_alive(shell));
    CHECK(!bench.is_alive(child));
}

/// `run` runs a command that writes its process into "pid"; it is cancelled once it has.
template <class Run>
void check_that_it_ends(Bench& bench, Cancellation& cancellation, Run run) {
    std::thread other([&] {
        test::wait_until([&] { return says(bench.directory.read("pid"), "\n"); });
        cancellation.cancel();
    });
    const auto result = run();
    other.join();
    REQUIRE(!result);
    CHECK(says(result.error().context, "was cancelled; it was killed"));
    CHECK(!bench.is_alive(std::stoi(bench.directory.read("pid"))));
}

TEST_CASE("a cancelled command is ended") {
    Bench bench;
    auto app = bench.make({{"start", "echo $$ > " + bench.directory.file("pid") + "; sleep 1000"}});
    Cancellation cancellation;
    auto call = bench.call(600s);
    call.cancellation = &cancellation;
    check_that_it_ends(bench, cancellation, [&] { return app->start(call); });
}

TEST_CASE("a cancelled probe is ended, too, and one that is cancelled before it begins runs "
          "nothing") {
    Bench bench;
    const auto pid = bench.directory.file("pid");
    auto app = bench.make({{"start", "true"},
                           {"probe", "echo $$ > " + pid + "; sleep 1000"},
                           {"exclusive", "true"}});
    Cancellation cancellation;
    auto call = bench.call(600s);
    call.cancellation = &cancellation;
    check_that_it_ends(bench, cancellation, [&] { return app->probe(call); });
    std::remove(pid.c_str());
    CHECK(!app->probe(call));
    CHECK(bench.directory.read("pid").empty());
}

TEST_CASE("what others have started is told only where the configuration says that it can be") {
    Bench bench;
    const auto is_exclusive = [&](test::Parameters parameters) {
        parameters["start"] = "true";
        return bench.make(parameters)->get_extension(HA_EXT_EXCLUSIVE) != nullptr;
    };
    CHECK(!is_exclusive({{"probe", "true"}}));
    CHECK(is_exclusive({{"probe", "true"}, {"exclusive", "true"}}));
    CHECK(!is_exclusive({{"exclusive", "true"}}));
    CHECK(!is_exclusive({{"probe", "true"}, {"exclusive", "true"}, {"mode", "async"}}));
}

TEST_CASE("an async resource is the process that start leaves running") {
    Bench bench;
    auto app = bench.make({{"start", "sleep 1000"}, {"mode", "async"}});
    CHECK(bench.probe(*app).status == ProbedStatus::offline);
    REQUIRE(app->start(bench.call()));
    const auto identity = bench.recorded();
    REQUIRE(identity);
    CHECK(bench.is_alive(identity->pid));
    CHECK(bench.probe(*app).status == ProbedStatus::online);
    CHECK(app->start(bench.call()));
    CHECK(bench.recorded() == identity);
    CHECK(app->stop(bench.call()));
    CHECK(!bench.is_alive(identity->pid));
    CHECK(!bench.recorded());
    CHECK(bench.probe(*app).status == ProbedStatus::offline);
    CHECK(app->stop(bench.call()));
}

TEST_CASE("an async process that ended is failed, with how, until it is stopped or started") {
    Bench bench;
    auto app = bench.make({{"start", "sleep 1000"}, {"mode", "async"}});
    REQUIRE(app->start(bench.call()));
    const auto first = bench.recorded();
    kill(first->pid, SIGKILL);
    REQUIRE(test::wait_until([&] { return !bench.is_alive(first->pid); }));
    CHECK(bench.probe(*app).status == ProbedStatus::failed);
    CHECK(says(bench.probe(*app).reason, "was killed by SIGKILL"));
    REQUIRE(app->start(bench.call()));
    CHECK(bench.recorded() != first);
    CHECK(bench.probe(*app).status == ProbedStatus::online);
    CHECK(app->stop(bench.call()));
}

TEST_CASE("stop gets rid of a process that ignores its signal, and of its children") {
    Bench bench;
    const auto pid_file = bench.directory.file("child");
    auto app = bench.make(
        {{"start", "trap '' TERM; (trap '' TERM; echo $$ > " + pid_file +
                       "; while :; do sleep 1000; done) & while :; do sleep 1000; done"},
         {"mode", "async"},
         {"stop_grace", "50ms"}});
    REQUIRE(app->start(bench.call()));
    const auto identity = bench.recorded();
    REQUIRE(test::wait_until([&] { return says(bench.directory.read("child"), "\n"); }));
    CHECK(app->stop(bench.call()));
    CHECK(!bench.is_alive(identity->pid));
    CHECK(support::list_session(*identity).empty());
}

TEST_CASE("a process gets the time and the signal to end in good order") {
    Bench bench;
    const auto marks = bench.directory.file("marks");
    auto app = bench.make({{"start", "trap 'echo end >> " + marks + "; exit 0' QUIT; echo up > " +
                                         marks + "; while :; do sleep 0.01; done"},
                           {"mode", "async"},
                           {"stop_signal", "QUIT"},
                           {"stop_grace", "50s"}});
    REQUIRE(app->start(bench.call()));
    REQUIRE(test::wait_until([&] { return says(bench.directory.read("marks"), "up\n"); }));
    CHECK(app->stop(bench.call()));
    CHECK(bench.directory.read("marks") == "up\nend\n");
}

TEST_CASE("an async stop whose command fails or hangs still ends the process") {
    Bench bench;
    for (const char* stop : {"exit 1", "sleep 1000"}) {
        auto app = bench.make(
            {{"start", "sleep 1000"}, {"stop", stop}, {"mode", "async"}, {"stop_grace", "100ms"}});
        REQUIRE(app->start(bench.call()));
        const auto identity = bench.recorded();
        CHECK(app->stop(bench.call(4s)));
        CHECK(!bench.is_alive(identity->pid));
    }
    CHECK(says(bench.services.text(), "stop command 'exit 1' exited with code 1"));
    CHECK(says(bench.services.text(), "command 'sleep 1000' did not end"));
}

TEST_CASE("start waits until the process has settled, when asked") {
    Bench bench;
    auto good = bench.make({{"start", "sleep 1000"}, {"mode", "async"}, {"settle", "50ms"}});
    CHECK(good->start(bench.call()));
    CHECK(good->stop(bench.call()));
    auto bad = bench.make({{"start", "exit 7"}, {"mode", "async"}, {"settle", "1min"}});
    CHECK(says(bad->start(bench.call()).error().context, "exited with code 7 before"));
}

TEST_CASE("a probe command decides, and a failed one is failed only after a start") {
    Bench bench;
    const auto flag = bench.directory.file("flag");
    auto app = bench.make({{"start", "touch " + flag}, {"probe", "test -e " + flag}});
    CHECK(bench.probe(*app).status == ProbedStatus::offline);
    REQUIRE(app->start(bench.call()));
    CHECK(bench.probe(*app).status == ProbedStatus::online);
    std::filesystem::remove(flag);
    CHECK(bench.probe(*app).status == ProbedStatus::failed);
    CHECK(says(bench.probe(*app).reason, "exited with code 1"));
}

TEST_CASE("a start with an epoch that is over is refused, and nothing runs") {
    Bench bench;
    auto app = bench.make({{"start", "touch " + bench.directory.file("ran")}});
    auto call = bench.call();
    call.epoch.incarnation = Incarnation{2};
    const auto result = app->start(call);
    REQUIRE(!result);
    CHECK(result.error().code == FailureCode::refused);
    CHECK(says(result.error().context, "epoch 2:5:2"));
    CHECK(!std::filesystem::exists(bench.directory.file("ran")));
}

TEST_CASE("a command gets environment, directory and user, and its output goes to the log") {
    Bench bench;
    const auto log = bench.directory.file("log");
    auto app = bench.make({{"start", "pwd; id -u; echo $HA_EPOCH $CLP_EVENT $MINE $HOME; env"},
                           {"working_directory", "/tmp"},
                           {"user", "12345:54321"},
                           {"environment", "MINE=a b\nHOME=/nowhere"},
                           {"log_file", log}});
    auto call = bench.call();
    call.event = HA_EVENT_FAILOVER;
    setenv("HA_TEST_LEAK", "1", 1);
    CHECK(app->start(call));
    unsetenv("HA_TEST_LEAK");
    CHECK(says(bench.directory.read("log"), "/tmp\n12345\n3:5:2 FAILOVER a b /nowhere\n"));
    CHECK(!says(bench.directory.read("log"), "LEAK"));
}

TEST_CASE("a script runs in its own directory") {
    Bench bench;
    const auto script = bench.directory.write("start.sh", "#!/bin/sh\npwd > here\n", true);
    CHECK(bench.make({{"start", script}})->start(bench.call()));
    CHECK(bench.directory.read("here") == bench.directory.path() + "\n");
}

TEST_CASE("a log above its size is put aside and begun anew") {
    Bench bench;
    const auto log = bench.directory.file("log");
    auto app = bench.make({{"start", "echo 0123456789abcdef"},
                           {"log_file", log},
                           {"log_bytes_max", "40"}});
    for (int i = 0; i < 3; ++i) CHECK(app->start(bench.call()));
    CHECK(bench.directory.read("log").empty());
    CHECK(bench.directory.read("log.1").size() == 40);
}

TEST_CASE("a child inherits no descriptor, no masked signal, no ignored one, and no real time") {
    Bench bench;
    const auto log = bench.directory.file("log");
    const int leaked = open("/dev/null", O_RDONLY);  // without close-on-exec, as a library might
    REQUIRE(leaked >= 0);
    sigset_t mask, before;
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &mask, &before);
    const auto handler = signal(SIGPIPE, SIG_IGN);
    const sched_param real_time{.sched_priority = 1};
    const bool is_real_time = sched_setscheduler(0, SCHED_RR, &real_time) == 0;
    auto app = bench.make({{"start", "ls /proc/self/fd | tr '\\n' ' '; grep -E 'SigBlk|SigIgn' "
                                     "/proc/self/status; awk '{print \"policy\", $41}' "
                                     "/proc/self/stat; ps -o pid=,sid=,pgid= -p $$"},
                           {"log_file", log}});
    const auto result = app->start(bench.call());
    const sched_param normal{};
    if (is_real_time) sched_setscheduler(0, SCHED_OTHER, &normal);
    signal(SIGPIPE, handler);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    close(leaked);
    CHECK(result);
    const auto text = bench.directory.read("log");
    CHECK(says(text, "0 1 2 3 SigBlk"));  // 3 is the directory that ls itself reads
    CHECK(says(text, "SigBlk:\t0000000000000000"));
    CHECK(says(text, "SigIgn:\t0000000000000000"));
    CHECK(says(text, "policy 0"));
}

TEST_CASE("sever ends an async process at once, and a stop after it succeeds") {
    Bench bench;
    auto app =
        bench.make({{"start", "trap '' TERM; while :; do sleep 1000; done"}, {"mode", "async"}});
    REQUIRE(app->start(bench.call()));
    const auto identity = bench.recorded();
    REQUIRE(app->sever(bench.call()));
    CHECK(test::wait_until([&] { return !bench.is_alive(identity->pid); }));
    CHECK(bench.probe(*app).status == ProbedStatus::failed);
    CHECK(app->stop(bench.call()));
    CHECK(bench.probe(*app).status == ProbedStatus::offline);
}

TEST_CASE("sever ends a start that is under way") {
    Bench bench;
    auto app = bench.make({{"start", "echo up > " + bench.directory.file("up") + "; sleep 1000"}});
    std::thread other([&] {
        test::wait_until([&] { return says(bench.directory.read("up"), "up"); });
        app->sever(bench.call());
    });
    const auto result = app->start(bench.call());
    other.join();
    REQUIRE(!result);
    CHECK(says(result.error().context, "was killed by SIGKILL"));
}

TEST_CASE("a process that leaves the session is reached by stop and sever through its cgroup") {
    Bench bench;
    const auto pid_file = bench.directory.file("pid");
    const std::string start = "setsid sh -c 'echo $$ > " + pid_file + "; exec sleep 1000' & "
                              "while ! test -s " + pid_file + "; do sleep 0.01; done";
    if (!support::Cgroup::open_or_create("ha-exec-test")) {
        MESSAGE("skipped: no writable cgroup v2 here");
        return;
    }
    support::Cgroup::open_or_create("ha-exec-test")->remove();
    for (const bool is_severed : {false, true}) {
        std::filesystem::remove(pid_file);
        auto app = bench.make({{"start", start}});
        REQUIRE(app->start(bench.call()));
        const pid_t escaped = std::stoi(bench.directory.read("pid"));
        CHECK(bench.is_alive(escaped));
        if (is_severed) {
            CHECK(app->sever(bench.call()));
            CHECK(test::wait_until([&] { return !bench.is_alive(escaped); }));
        }
        CHECK(app->stop(bench.call()));
        CHECK(!bench.is_alive(escaped));
    }
}

TEST_CASE("without a cgroup the session is ended, and a sync sever says what it cannot do") {
    Bench bench;
    const auto child_file = bench.directory.file("child");
    auto app = bench.make({{"start", "sleep 1000 & echo $! > " + child_file + "; sleep 1000"},
                           {"mode", "async"},
                           {"confine", "false"}});
    REQUIRE(app->start(bench.call()));
    REQUIRE(test::wait_until([&] { return says(bench.directory.read("child"), "\n"); }));
    const auto identity = bench.recorded();
    CHECK(app->stop(bench.call()));
    CHECK(!bench.is_alive(identity->pid));
    CHECK(!bench.is_alive(std::stoi(bench.directory.read("child"))));

    auto sync = bench.make({{"start", "true"}, {"confine", "false"}});
    REQUIRE(sync->start(bench.call()));
    CHECK(says(sync->sever(bench.call()).error().context, "known only by its cgroup"));
}
