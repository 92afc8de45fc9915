// Threads on pthreads, because std::thread knows neither stack sizes nor names.
#include "runtime/thread.hpp"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/assert.hpp"
#include "runtime/posix.hpp"

namespace ha::runtime {

struct Thread::Impl {
    pthread_t handle{};
};

namespace {

struct Body {
    std::string name;
    std::function<void()> run;
};

void* enter(void* argument) {
    std::unique_ptr<Body> body(static_cast<Body*>(argument));
    ::pthread_setname_np(::pthread_self(), body->name.substr(0, 15).c_str());
    body->run();
    return nullptr;
}

}  // namespace

Thread::Thread() = default;
Thread::Thread(Thread&&) noexcept = default;

Thread& Thread::operator=(Thread&& other) noexcept {
    HA_ASSERT(!is_joinable());
    impl_ = std::move(other.impl_);
    return *this;
}

Result<Thread> Thread::start(ThreadOptions options, std::function<void()> body) {
    auto argument = std::make_unique<Body>(Body{std::move(options.name), std::move(body)});
    Thread out;
    out.impl_ = std::make_unique<Impl>();
    pthread_attr_t attributes;
    HA_ASSERT(::pthread_attr_init(&attributes) == 0);
    auto stack = options.stack_bytes == 0 ? k_thread_stack_bytes : options.stack_bytes;
    HA_ASSERT(::pthread_attr_setstacksize(&attributes, stack) == 0);
    // The mask is inherited, so it is set around the creation: no signal can slip in between.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = ::pthread_create(&out.impl_->handle, &attributes, enter, argument.get());
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::pthread_attr_destroy(&attributes);
    if (error != 0) {
        out.impl_.reset();
        return failure(FailureCode::limit,
                       "cannot start thread " + argument->name + ": " + error_text(error));
    }
    static_cast<void>(argument.release());
    return out;
}

Thread::~Thread() { HA_ASSERT(!is_joinable()); }

bool Thread::is_joinable() const { return impl_ != nullptr; }

void Thread::join() {
    HA_ASSERT(is_joinable());
    HA_ASSERT(::pthread_join(impl_->handle, nullptr) == 0);
    impl_.reset();
}

void Thread::detach() {
    HA_ASSERT(is_joinable());
    ::pthread_detach(impl_->handle);
    impl_.reset();
}

Result<void> make_this_thread_realtime() {
    // A modest priority: above everything ordinary, below the kernel's own threads and above no
    // watchdog. SCHED_RESET_ON_FORK, so that neither workers nor started services inherit it.
    sched_param parameters{};
    parameters.sched_priority = 10;
    int error = ::pthread_setschedparam(::pthread_self(), SCHED_RR | SCHED_RESET_ON_FORK,
                                        &parameters);
    if (error == 0) return {};
    return failure(FailureCode::refused,
                   "no real-time priority for heartbeats: " + error_text(error) +
                       "; a loaded machine may look dead to the others. CAP_SYS_NICE or "
                       "LimitRTPRIO=10 would allow it");
}

Result<void> favour_this_thread() {
    constexpr int k_nice = -15;
    const auto self = static_cast<id_t>(::gettid());
    sched_param parameters{};
    if (::setpriority(PRIO_PROCESS, self, k_nice) == 0 &&
        ::sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &parameters) == 0)
        return {};
    const int error = errno;
    // Without the flag what is started would inherit it, so it is both or neither.
    ::setpriority(PRIO_PROCESS, self, 0);
    return failure(FailureCode::refused,
                   "no favoured priority for plugin calls: " + error_text(error) +
                       "; on a loaded machine a takeover waits its turn. CAP_SYS_NICE or "
                       "LimitNICE=-15 would allow it");
}

}  // namespace ha::runtime
