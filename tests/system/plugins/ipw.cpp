// The system tests of ipw: hosts that answer, hosts that do not, and what silence costs.
#include <doctest/doctest.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

#include "lab.hpp"

using namespace ha;
using namespace ha::lab;
using plugin::CheckedVerdict;
using namespace std::chrono_literals;

namespace ipw_cases {
namespace {

struct Net {
    Switch lan;
    Host a, gateway;

    Net() {
        lan.plug(a, "eth0", {"10.0.0.1/24", "fd00::1/64"});
        lan.plug(gateway, "eth0", {"10.0.0.254/24", "fd00::254/64", "fe80::254/64"});
    }
};

rusage used_by_thread() {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return usage;
}
std::chrono::microseconds cpu_of(const rusage& usage) {
    return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

}  // namespace

TEST_CASE("targets that answer are well, of either family and on a named link") {
    Net net;
    for (const char* targets :
         {"10.0.0.254", "fd00::254", "fe80::254%eth0", "10.0.0.254\nfd00::254\nfe80::254%eth0"}) {
        Monitor monitor(net.a, "ipw",
                        {{"targets", targets}, {"require", "all"}, {"timeout", "30s"}});
        const auto answer = monitor.check();
        CHECK_MESSAGE(answer.verdict == CheckedVerdict::ok, answer.reason);
    }
}

TEST_CASE("a ping socket serves as well as a raw one") {
    Net net;
    net.a.run("echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range");
    Monitor monitor(net.a, "ipw",
                    {{"targets", "10.0.0.254\nfd00::254"}, {"require", "all"}, {"timeout", "30s"}});
    const auto answer = monitor.check();
    CHECK_MESSAGE(answer.verdict == CheckedVerdict::ok, answer.reason);
}

TEST_CASE("one silent target is bad only when all are required, and is named") {
    Net net;
    const Parameters parameters{
        {"targets", "10.0.0.254\n10.0.0.99"}, {"timeout", "300ms"}, {"retries", "0"}};
    CHECK(Monitor(net.a, "ipw", parameters).check().verdict == CheckedVerdict::ok);
    auto all = parameters;
    all["require"] = "all";
    const auto answer = Monitor(net.a, "ipw", all).check();
    CHECK(answer.verdict == CheckedVerdict::bad);
    CHECK(answer.reason.find("10.0.0.99") != std::string::npos);
    CHECK(answer.reason.find("10.0.0.254") == std::string::npos);
}

TEST_CASE("silence of all targets is bad, and so is no way to any of them") {
    Net net;
    for (const char* targets : {"10.0.0.99\nfd00::99", "192.168.77.1", "fe80::1%eth9"}) {
        Monitor monitor(net.a, "ipw", {{"targets", targets}, {"timeout", "50ms"}});
        CHECK(monitor.check().verdict == CheckedVerdict::bad);
    }
}

TEST_CASE("a silent target costs next to no processor time, however long it is silent") {
    Net net;
    // One that nobody is behind, and one that takes the question and never answers.
    net.gateway.run("echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all");
    Monitor monitor(
        net.a, "ipw",
        {{"targets", "10.0.0.99\n10.0.0.254\nfd00::99"}, {"timeout", "1s"}, {"retries", "2"}});
    const auto before = used_by_thread();
    CHECK(monitor.check().verdict == CheckedVerdict::bad);
    const auto after = used_by_thread();
    // Three seconds of waiting; a loop that spins would use most of them.
    CHECK(cpu_of(after) - cpu_of(before) < 300ms);
    CHECK(after.ru_nvcsw - before.ru_nvcsw < 300);
}

TEST_CASE("the echoes of others wake nobody up and are not taken for answers") {
    Net net;
    Monitor noise(net.a, "ipw", {{"targets", "10.0.0.254"}, {"timeout", "30s"}});
    Monitor monitor(net.a, "ipw",
                    {{"targets", "10.0.0.99"}, {"timeout", "500ms"}, {"retries", "0"}});
    std::atomic<bool> is_over{false};
    std::thread other([&] {
        while (!is_over) CHECK(noise.check().verdict == CheckedVerdict::ok);
    });
    const auto before = used_by_thread();
    CHECK(monitor.check().verdict == CheckedVerdict::bad);
    const auto after = used_by_thread();
    is_over = true;
    other.join();
    CHECK(after.ru_nvcsw - before.ru_nvcsw < 100);
}

TEST_CASE("a node that may not ask knows nothing: unknown, never bad") {
    Net net;
    Monitor monitor(net.a, "ipw", {{"targets", "10.0.0.254"}, {"timeout", "30s"}});
    plugin::CheckAnswer answer;
    std::thread([&] {
        net.a.in([&] {
            // The rights of this thread only; it ends with them.
            __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
            __user_cap_data_struct rights[2] = {};
            rights[0].effective = rights[0].permitted = 1U << CAP_SYS_ADMIN;  // to change back
            REQUIRE(::syscall(SYS_capset, &header, rights) == 0);
            answer = monitor.check();
        });
    }).join();
    CHECK(answer.verdict == CheckedVerdict::unknown);
    CHECK(answer.reason.find("CAP_NET_RAW") != std::string::npos);
}

TEST_CASE("a check that is cut short by its own timeout is unknown, and says what to change") {
    Net net;
    Monitor monitor(net.a, "ipw", {{"targets", "10.0.0.99"}, {"timeout", "30s"}});
    const auto answer = monitor.check(200ms);
    CHECK(answer.verdict == CheckedVerdict::unknown);
    CHECK(answer.reason.find("3 attempts of 30000 ms") != std::string::npos);
}

TEST_CASE("a cancelled check ends at once") {
    Net net;
    Monitor monitor(net.a, "ipw", {{"targets", "10.0.0.99"}, {"timeout", "55s"}});
    plugin::Cancellation cancellation;
    cancellation.cancel();
    const auto begin = std::chrono::steady_clock::now();
    CHECK(monitor.check(60s, &cancellation).verdict == CheckedVerdict::unknown);
    CHECK(std::chrono::steady_clock::now() - begin < k_patience);
}

}  // namespace ipw_cases
