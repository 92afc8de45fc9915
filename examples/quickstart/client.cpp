// client: asks a UDP echo service every millisecond and says what the longest silence was.
//
//   client ADDRESS PORT SECONDS     until TERM or INT, or until SECONDS have passed
//                                   USR1: forget the silences so far
//
// Prints "ready" after the first answer, and at the end one line of name=value; times are
// microseconds since 1970, so that they can be laid beside the events of the nodes:
//   gap_us        longest time between two answers, or since the last one
//   begin_us      the answer before it          end_us   the answer after it (0: none came)
//   from, to      who gave those answers
//   gaps          silences of at least 20 ms
//   sent, answered
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr std::int64_t k_us = 1000;
constexpr std::int64_t k_step_ns = 1000 * k_us;
constexpr std::int64_t k_gap_told_ns = 20'000 * k_us;

volatile sig_atomic_t g_is_ended = 0;
volatile sig_atomic_t g_is_new = 0;

std::int64_t now_ns(clockid_t clock) {
    timespec at{};
    ::clock_gettime(clock, &at);
    return at.tv_sec * std::int64_t{1'000'000'000} + at.tv_nsec;
}

struct Record {
    std::int64_t last_ns = 0;  ///< the newest answer
    std::string last_from;
    std::int64_t gap_ns = 0, begin_ns = 0, end_ns = 0;
    std::string from, to;
    std::uint64_t sent = 0, answered = 0, gaps = 0;

    void forget() {
        gap_ns = begin_ns = end_ns = 0;
        gaps = 0;
    }
    /// An answer, or the end of all asking (`is_end`), at `at`.
    void note(std::int64_t at, const std::string& who, bool is_end) {
        if (last_ns != 0) {
            const auto silence = at - last_ns;
            if (silence >= k_gap_told_ns) gaps++;
            if (silence > gap_ns) {
                gap_ns = silence;
                begin_ns = last_ns;
                end_ns = is_end ? 0 : at;
                from = last_from;
                to = who;
            }
        }
        if (is_end) return;
        last_ns = at;
        last_from = who;
        answered++;
    }
};

void receive_all(int fd, Record& record) {
    char bytes[256];
    for (;;) {
        const auto size = ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (size < 0 && errno != ECONNREFUSED && errno != EHOSTUNREACH && errno != ENETUNREACH)
            return;
        if (size <= static_cast<ssize_t>(sizeof(std::uint64_t))) continue;
        const std::string who(bytes + sizeof(std::uint64_t), bytes + size);
        if (record.answered == 0) {
            std::puts("ready");
            std::fflush(stdout);
        }
        record.note(now_ns(CLOCK_MONOTONIC), who, false);
    }
}

void run(int fd, std::int64_t seconds, Record& record) {
    const auto begin = now_ns(CLOCK_MONOTONIC);
    auto next = begin;
    while (!g_is_ended) {
        if (g_is_new) record.forget();
        g_is_new = 0;
        const auto at = now_ns(CLOCK_MONOTONIC);
        if (at - begin > seconds * 1'000'000'000) break;
        for (; next <= at; next += k_step_ns) {
            // A machine that was busy for long does not have to be caught up with.
            if (at - next > 100 * k_step_ns) next = at;
            ::send(fd, &record.sent, sizeof record.sent, MSG_DONTWAIT);
            record.sent++;
        }
        pollfd wait{fd, POLLIN, 0};
        const timespec time{0, std::max<std::int64_t>(next - now_ns(CLOCK_MONOTONIC), 0)};
        if (::ppoll(&wait, 1, &time, nullptr) > 0) receive_all(fd, record);
    }
    if (record.answered > 0) record.note(now_ns(CLOCK_MONOTONIC), "nobody", true);
}

int make_socket(const char* address, const char* port) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
    if (::inet_pton(AF_INET, address, &to.sin_addr) != 1) {
        errno = EINVAL;
        return -1;
    }
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return fd;
    return -1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: client ADDRESS PORT SECONDS\n");
        return 2;
    }
    const int fd = make_socket(argv[1], argv[2]);
    if (fd < 0) {
        std::perror("client");
        return 1;
    }
    struct sigaction end{};
    end.sa_handler = [](int) { g_is_ended = 1; };
    ::sigaction(SIGTERM, &end, nullptr);
    ::sigaction(SIGINT, &end, nullptr);
    end.sa_handler = [](int) { g_is_new = 1; };
    ::sigaction(SIGUSR1, &end, nullptr);
    const auto offset = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC);
    Record r;
    run(fd, std::atoll(argv[3]), r);
    const auto wall_us = [offset](std::int64_t ns) { return ns == 0 ? 0 : (ns + offset) / k_us; };
    std::printf("gap_us=%" PRId64 " begin_us=%" PRId64 " end_us=%" PRId64 " from=%s to=%s gaps=%"
                PRIu64 " sent=%" PRIu64 " answered=%" PRIu64 "\n",
                r.gap_ns / k_us, wall_us(r.begin_ns), wall_us(r.end_ns), r.from.c_str(),
                r.to.c_str(), r.gaps, r.sent, r.answered);
    return r.answered > 0 ? 0 : 1;
}
