// The callback thread.
#include "runtime/callbacks.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>

#include "runtime/machine.hpp"
#include "runtime/thread.hpp"

namespace ha::runtime {

namespace {

/// Whose callback runs on this thread, to tell calls that come from there.
thread_local const void* callbacks_of_this_thread = nullptr;

struct Callback {
    const char* name;
    Callbacks::Importance importance;
    std::function<void()> call;
};

}  // namespace

/// Shared with the thread, which outlives the object when a callback never returns.
struct Callbacks::Impl {
    static void run(const std::shared_ptr<Impl>& self);

    std::mutex mutex;
    std::condition_variable wake;
    std::condition_variable ended;
    std::deque<Callback> waiting;
    std::size_t waiting_droppable = 0;
    std::uint64_t dropped = 0;
    const char* running = nullptr;
    Instant running_since;
    bool is_ending = false;
    bool is_ended = false;   ///< the thread has nothing more to do with what callbacks use
};

void Callbacks::Impl::run(const std::shared_ptr<Impl>& self) {
    callbacks_of_this_thread = self.get();
    std::unique_lock guard(self->mutex);
    for (;;) {
        self->wake.wait(guard, [&] { return self->is_ending || !self->waiting.empty(); });
        if (self->waiting.empty()) break;
        auto next = std::move(self->waiting.front());
        self->waiting.pop_front();
        if (next.importance == Importance::droppable) {
            self->waiting_droppable--;
            if (self->is_ending) continue;
        }
        self->running = next.name;
        self->running_since = now();
        guard.unlock();
        next.call();
        next.call = nullptr;
        guard.lock();
        self->running = nullptr;
    }
    self->is_ended = true;
    self->ended.notify_all();
}

Callbacks::Callbacks(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Callbacks>> Callbacks::start() {
    auto impl = std::make_shared<Impl>();
    auto thread = Thread::start({.name = "ha-callbacks"}, [impl] { Impl::run(impl); });
    if (!thread) return thread.error();
    thread->detach();
    return std::unique_ptr<Callbacks>(new Callbacks(std::move(impl)));
}

Callbacks::~Callbacks() { end(Duration{0}); }

void Callbacks::end(Duration grace) {
    std::deque<Callback> let_go;  // destroyed without the mutex: what they own may be anything
    std::unique_lock guard(impl_->mutex);
    impl_->is_ending = true;
    impl_->wake.notify_all();
    if (impl_->ended.wait_for(guard, grace, [this] { return impl_->is_ended; })) return;
    let_go.swap(impl_->waiting);
    guard.unlock();
}

bool Callbacks::post(const char* name, Importance importance, std::function<void()> callback) {
    std::lock_guard guard(impl_->mutex);
    if (impl_->is_ending) return false;
    if (importance == Importance::droppable) {
        if (impl_->waiting_droppable >= k_limit_waiting_callbacks) {
            impl_->dropped++;
            return false;
        }
        impl_->waiting_droppable++;
    }
    impl_->waiting.push_back({name, importance, std::move(callback)});
    impl_->wake.notify_one();
    return true;
}

std::optional<Callbacks::Running> Callbacks::running() const {
    std::lock_guard guard(impl_->mutex);
    if (impl_->running == nullptr) return std::nullopt;
    return Running{impl_->running, impl_->running_since};
}

std::uint64_t Callbacks::dropped() const {
    std::lock_guard guard(impl_->mutex);
    return impl_->dropped;
}

bool Callbacks::is_full() const {
    std::lock_guard guard(impl_->mutex);
    return impl_->waiting_droppable >= k_limit_waiting_callbacks;
}

bool Callbacks::is_callback_thread() const { return callbacks_of_this_thread == impl_.get(); }

}  // namespace ha::runtime
