// The ring of the newest events.
#include "runtime/event_log.hpp"

#include <algorithm>
#include <chrono>

namespace ha::runtime {

void EventLog::add(Event event) {
    auto wall = std::chrono::system_clock::now().time_since_epoch();
    std::lock_guard guard(mutex_);
    if (events_.size() == k_limit_kept_events) events_.pop_front();
    events_.push_back({++newest_,
                       std::chrono::duration_cast<std::chrono::microseconds>(wall).count(),
                       std::move(event)});
    added_.notify_all();
}

std::vector<NumberedEvent> EventLog::read(std::uint64_t after, std::size_t count_max,
                                          Duration wait) {
    std::unique_lock guard(mutex_);
    added_.wait_for(guard, wait, [&] { return newest_ > after || is_closed_; });
    std::vector<NumberedEvent> out;
    auto first = std::find_if(events_.begin(), events_.end(),
                              [&](const NumberedEvent& e) { return e.number > after; });
    for (; first != events_.end() && out.size() < count_max; ++first) out.push_back(*first);
    return out;
}

std::uint64_t EventLog::newest() const {
    std::lock_guard guard(mutex_);
    return newest_;
}

void EventLog::close() {
    std::lock_guard guard(mutex_);
    is_closed_ = true;
    added_.notify_all();
}

}  // namespace ha::runtime
