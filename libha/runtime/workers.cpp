// The worker threads.
#include "runtime/workers.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>

#include "base/assert.hpp"
#include "runtime/thread.hpp"

namespace ha::runtime {

/// Shared with each thread, because a thread whose call hangs outlives the Workers object.
struct Workers::Impl {
    explicit Impl(WorkerOptions o) : options(std::move(o)) {}

    static void run(const std::shared_ptr<Impl>& self);
    /// With the mutex held.
    static bool add_thread(const std::shared_ptr<Impl>& self);

    const WorkerOptions options;
    std::mutex mutex;
    std::condition_variable wake;   ///< a call waits, or all is to end
    std::condition_variable ended;  ///< a thread has ended
    std::deque<std::function<void()>> calls;
    std::size_t threads = 0;
    std::size_t idle = 0;
    bool is_ending = false;
    Duration grace{0};
};

bool Workers::Impl::add_thread(const std::shared_ptr<Impl>& self) {
    auto thread = Thread::start({.name = self->options.name}, [self] { run(self); });
    if (!thread) return false;
    thread->detach();
    self->threads++;
    return true;
}

void Workers::Impl::run(const std::shared_ptr<Impl>& self) {
    if (self->options.is_realtime) static_cast<void>(make_this_thread_realtime());
    if (self->options.is_favoured) static_cast<void>(favour_this_thread());
    std::unique_lock guard(self->mutex);
    for (;;) {
        self->idle++;
        auto has_work = [&] { return self->is_ending || !self->calls.empty(); };
        bool woken = true;
        if (self->threads > self->options.threads_kept)
            woken = self->wake.wait_for(guard, self->options.idle_end, has_work);
        else
            self->wake.wait(guard, has_work);
        self->idle--;
        if (self->is_ending || (!woken && self->threads > self->options.threads_kept)) break;
        if (self->calls.empty()) continue;
        auto call = std::move(self->calls.front());
        self->calls.pop_front();
        guard.unlock();
        call();
        call = nullptr;  // what it owns goes before the mutex is taken again
        guard.lock();
    }
    self->threads--;
    self->ended.notify_all();
}

Workers::Workers(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Workers>> Workers::start(WorkerOptions options) {
    HA_ASSERT(options.threads_kept >= 1 && options.threads_kept <= options.threads_max);
    auto impl = std::make_shared<Impl>(std::move(options));
    auto out = std::unique_ptr<Workers>(new Workers(impl));
    std::lock_guard guard(impl->mutex);
    for (std::size_t i = 0; i < impl->options.threads_kept; i++)
        if (!Impl::add_thread(impl))
            return failure(FailureCode::limit, "the system gives no thread for " +
                                                   impl->options.name);
    return out;
}

Workers::~Workers() {
    std::deque<std::function<void()>> dropped;
    std::unique_lock guard(impl_->mutex);
    impl_->is_ending = true;
    dropped.swap(impl_->calls);
    impl_->wake.notify_all();
    impl_->ended.wait_for(guard, impl_->grace, [this] { return impl_->threads == 0; });
    guard.unlock();
}

bool Workers::run(std::function<void()> call) {
    std::lock_guard guard(impl_->mutex);
    if (impl_->is_ending || impl_->calls.size() >= k_limit_waiting_calls) return false;
    impl_->calls.push_back(std::move(call));
    // Calls that already wait have idle threads reserved, so each surplus call needs a new one.
    if (impl_->calls.size() > impl_->idle && impl_->threads < impl_->options.threads_max)
        static_cast<void>(Impl::add_thread(impl_));
    impl_->wake.notify_one();
    return true;
}

Workers::Load Workers::load() const {
    std::lock_guard guard(impl_->mutex);
    return {impl_->threads, impl_->threads - impl_->idle, impl_->calls.size()};
}

void Workers::set_grace(Duration grace) {
    std::lock_guard guard(impl_->mutex);
    impl_->grace = grace;
}

}  // namespace ha::runtime
