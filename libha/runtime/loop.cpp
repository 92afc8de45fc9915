// The event loop on Boost.Asio.
#include "runtime/loop.hpp"

#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <map>

#include "base/assert.hpp"
#include "runtime/posix.hpp"

namespace ha::runtime {

namespace asio = boost::asio;

namespace {

struct Watch {
    explicit Watch(asio::io_context& context) : descriptor(context) {}
    ~Watch() {  // the descriptor is not ours to close
        if (descriptor.is_open()) descriptor.release();
    }
    asio::posix::stream_descriptor descriptor;
    Loop::Task task;
    bool is_over = false;
};

/// One more wait each time; the watch lives as long as it is waited for, its task only until over.
void wait(const std::shared_ptr<Watch>& watch) {
    watch->descriptor.async_wait(
        asio::posix::stream_descriptor::wait_read,
        [watch](const boost::system::error_code& error) {
            // An error is what waiting itself came to; waiting again would only spin.
            if (watch->is_over || error) return;
            watch->task();
            if (!watch->is_over) wait(watch);
        });
}

}  // namespace

struct Loop::Impl {
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    UniqueFd timer;
    Task alarm;
    std::map<WatchId, std::shared_ptr<Watch>> watches;
    WatchId watch_newest = 0;
};

Loop::Loop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Loop>> Loop::make() {
    auto impl = std::make_unique<Impl>();
    // The timer of the system counts on the boot clock, so a node that slept wakes up to all its
    // deadlines at once, instead of to what is left of them.
    impl->timer = UniqueFd(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!impl->timer) return os_failure("cannot make", "a timer", errno);
    auto out = std::unique_ptr<Loop>(new Loop(std::move(impl)));
    auto watched = out->watch_readable(out->impl_->timer.get(), [i = out->impl_.get()] {
        std::uint64_t times = 0;
        if (::read(i->timer.get(), &times, sizeof times) != sizeof times) return;
        if (auto task = std::exchange(i->alarm, nullptr)) task();
    });
    if (!watched) return watched.error();
    return out;
}

Loop::~Loop() {
    for (auto& [id, watch] : impl_->watches) watch->is_over = true;
}

void Loop::run() { impl_->context.run(); }

void Loop::stop() {
    asio::post(impl_->context, [this] { impl_->context.stop(); });
}

void Loop::post(Task task) { asio::post(impl_->context, std::move(task)); }

void Loop::set_alarm(Instant at, Task task) {
    impl_->alarm = std::move(task);
    itimerspec when{};
    if (at != Instant::max()) {
        auto ns = at.ns > 0 ? at.ns : 1;  // all zero would disarm it
        when.it_value.tv_sec = ns / 1'000'000'000;
        when.it_value.tv_nsec = ns % 1'000'000'000;
    }
    HA_ASSERT(::timerfd_settime(impl_->timer.get(), TFD_TIMER_ABSTIME, &when, nullptr) == 0);
}

Result<Loop::WatchId> Loop::watch_readable(int fd, Task task) {
    // Asio takes plain files, and then has no way to wait for them.
    struct stat info {};
    if (::fstat(fd, &info) == 0 && (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)))
        return os_failure("cannot wait for descriptor", std::to_string(fd), EPERM);
    auto watch = std::make_shared<Watch>(impl_->context);
    boost::system::error_code error;
    watch->descriptor.assign(fd, error);
    if (error) return os_failure("cannot wait for descriptor", std::to_string(fd), error.value());
    watch->task = std::move(task);
    auto id = ++impl_->watch_newest;
    impl_->watches.emplace(id, watch);
    wait(watch);
    return id;
}

void Loop::unwatch(WatchId id) {
    auto found = impl_->watches.find(id);
    if (found == impl_->watches.end()) return;
    auto watch = std::move(found->second);
    impl_->watches.erase(found);
    watch->is_over = true;
    watch->descriptor.release();  // ends the wait
}

}  // namespace ha::runtime
