// One call after the other.
#include "runtime/lane.hpp"

#include <algorithm>

namespace ha::runtime {

void Lane::submit(LaneJob job) {
    waiting_.push_back(std::move(job));
    begin_next();
}

bool Lane::drop(OperationId id) {
    auto found = std::find_if(waiting_.begin(), waiting_.end(),
                              [&](const LaneJob& job) { return id && job.id == id; });
    if (found == waiting_.end()) return false;
    waiting_.erase(found);
    return true;
}

void Lane::begin_next() {
    if (is_busy_ || waiting_.empty()) return;
    auto work = std::move(waiting_.front().work);
    waiting_.pop_front();
    is_busy_ = true;
    auto call = [weak = weak_from_this(), outbox = outbox_, work = std::move(work)] {
        auto after = work();
        outbox->post([weak, after = std::move(after)] {
            auto self = weak.lock();
            if (!self) return;
            self->is_busy_ = false;
            after();
            self->begin_next();
        });
    };
    // Refused only when thousands of calls wait for workers that all hang. The lane stays busy: what
    // is in it times out, which is what happens to calls that nobody can carry out.
    static_cast<void>(workers_.run(std::move(call)));
}

}  // namespace ha::runtime
