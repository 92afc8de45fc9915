// Run: a program from its start to its end, with text on its standard input, and what it says.
#include "support/process/run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "ha/plugin/failure.hpp"
#include "support/process/spawn.hpp"

namespace ha::support {
namespace {

using plugin::Error;
using plugin::ErrorCode;
using plugin::Operation;
using plugin::system_error;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// In memory: there is no pipe that a program which does not read could leave us waiting at.
Fd make_input(const std::string& text) {
    Fd file(memfd_create("ha-input", MFD_CLOEXEC));
    if (!file) throw system_error("make an input");
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t n = write(file.get(), text.data() + done, text.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) throw system_error("write an input");
        done += static_cast<std::size_t>(n);
    }
    if (lseek(file.get(), 0, SEEK_SET) != 0) throw system_error("rewind an input");
    return file;
}

struct Pipe {
    Fd ours;
    Fd theirs;

    Pipe() {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) throw system_error("make a pipe");
        ours = Fd(ends[0]);
        theirs = Fd(ends[1]);
        if (fcntl(ours.get(), F_SETFL, O_NONBLOCK) != 0) throw system_error("set up a pipe");
    }
    /// What is there now; false at its end.
    bool read_all(std::string& into, std::size_t bytes_max, bool& is_cut) const {
        char buffer[4096];
        for (;;) {
            const ssize_t n = read(ours.get(), buffer, sizeof(buffer));
            if (n == 0) return false;
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return errno == EAGAIN;
            const auto room = bytes_max - into.size();
            into.append(buffer, std::min(room, static_cast<std::size_t>(n)));
            is_cut |= static_cast<std::size_t>(n) > room;
        }
    }
};

/// What is kept of the time for ending what did not end by itself.
nanoseconds kill_reserve(nanoseconds remaining) {
    return std::min<nanoseconds>(remaining / 5, std::chrono::seconds(1));
}

class Runner {
   public:
    Runner(const RunRequest& request, const Operation& operation)
        : request_(request), operation_(operation) {
        SpawnRequest spawning;
        spawning.arguments = request.arguments;
        spawning.environment = request.environment;
        const Fd input = make_input(request.input);
        spawning.input_fd = input.get();
        spawning.output_fd = output_.theirs.get();
        spawning.error_fd = errors_.theirs.get();
        spawning.dies_with_us = true;
        spawning.life_max = std::chrono::ceil<milliseconds>(operation.remaining()) +
                            k_life_beyond_deadline;
        process_ = spawn(spawning);
        output_.theirs.reset();
        errors_.theirs.reset();
    }

    RunResult run() {
        const auto remaining = operation_.remaining();
        const auto reserve = kill_reserve(remaining);
        for (;;) {
            const auto left = operation_.remaining() - reserve;
            if (operation_.is_cancelled() || left <= nanoseconds(0)) end(remaining);
            if (wait(left)) break;
        }
        result_.ending = reap_ended(process_.process.get());
        drain();
        // Children that it left behind might still do something.
        while (!kill_session(process_.identity, -1, std::chrono::seconds(1))) {
        }
        return std::move(result_);
    }

   private:
    /// True when the program has ended.
    bool wait(nanoseconds timeout) {
        pollfd fds[] = {{process_.process.get(), POLLIN, 0},
                        {is_output_open_ ? output_.ours.get() : -1, POLLIN, 0},
                        {is_error_open_ ? errors_.ours.get() : -1, POLLIN, 0},
                        {operation_.cancel_fd(), POLLIN, 0}};
        if (operation_.cancel_fd() < 0) timeout = std::min<nanoseconds>(timeout, milliseconds(20));
        const timespec limit{static_cast<time_t>(timeout.count() / 1'000'000'000),
                             static_cast<long>(timeout.count() % 1'000'000'000)};
        if (ppoll(fds, 4, &limit, nullptr) <= 0) return false;
        if (fds[1].revents != 0 || fds[2].revents != 0) drain();
        return fds[0].revents != 0;
    }

    void drain() {
        if (is_output_open_)
            is_output_open_ = output_.read_all(result_.output, request_.output_bytes_max,
                                               result_.is_cut);
        if (is_error_open_)
            is_error_open_ = errors_.read_all(result_.errors, request_.output_bytes_max,
                                              result_.is_cut);
    }

    /// Asked, then killed, with all that it started; returns by throwing, when it is gone.
    [[noreturn]] void end(nanoseconds budget) {
        const bool is_cancelled = operation_.is_cancelled();
        const int process = process_.process.get();
        signal_group(process_.identity, process, SIGTERM);
        wait_for_end(process, milliseconds(200), nullptr);
        Ending ending;
        while (!kill_session(process_.identity, process, std::chrono::seconds(1), &ending)) {
        }
        drain();
        const auto said = last_line(result_.errors);
        const auto what = request_.arguments[0] + (said.empty() ? "" : " (" + said + ")");
        if (is_cancelled && operation_.remaining() > nanoseconds(0))
            throw Error(ErrorCode::cancelled, what + " was cancelled and killed");
        throw Error(ErrorCode::timed_out,
                    what + " did not end in " + std::to_string(budget.count() / 1'000'000) +
                        " ms and was killed");
    }

    const RunRequest& request_;
    const Operation& operation_;
    Pipe output_, errors_;
    bool is_output_open_ = true, is_error_open_ = true;
    Spawned process_;
    RunResult result_;
};

}  // namespace

RunResult run_to_end(const RunRequest& request, const Operation& operation) {
    operation.check();
    return Runner(request, operation).run();
}

std::string last_line(const std::string& text, std::size_t bytes_max) {
    auto end = text.find_last_not_of(" \t\r\n");
    if (end == std::string::npos) return {};
    const auto newline = text.rfind('\n', end);
    const auto begin = newline == std::string::npos ? 0 : newline + 1;
    auto line = text.substr(begin, std::min(bytes_max, end + 1 - begin));
    for (auto& c : line)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return line;
}

}  // namespace ha::support
