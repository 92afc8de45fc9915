// The guard: what it holds, and what it does when the time is over.
#include "guard.hpp"

#include <algorithm>
#include <cerrno>

namespace ha_guard {

using namespace ha;
using guard::Page;
using guard::PutRequest;
using guard::Reply;

namespace {

constexpr Duration k_sign_of_life = 1s;

}  // namespace

Guard::Guard(Page& page, WatchdogDevice& device, Hands hands)
    : page_(page), hands_(hands), watchdog_(device) {}

bool Guard::is_over(Instant now) const noexcept {
    return now >= guard::sever_at(guard::read_word(page_));
}

void Guard::look(Instant now, Instant planned) noexcept {
    if (armed_ > 0 && is_over(now)) sever_all(now);
    const auto word = guard::read_word(page_);
    // The clock again: severing took its time, and feeding must not outlast the lease.
    const bool is_running =
        hands_.now() < Instant{static_cast<std::int64_t>(word.lease_end_ns)};
    watchdog_.look(now, word.watchdog_wanted != 0, is_running);
    if (planned != Instant::max() && now >= planned) {
        const auto late = static_cast<std::uint64_t>((now - planned).count());
        guard::store(page_.verdict.wake_late_ns, late);
        if (late > page_.verdict.wake_late_max_ns)
            guard::store(page_.verdict.wake_late_max_ns, late);
    }
    publish(now);
}

void Guard::publish(Instant now) noexcept {
    auto& verdict = page_.verdict;
    guard::store(verdict.alive_ns, static_cast<std::uint64_t>(now.ns));
    guard::store(verdict.held, held_);
    guard::store(verdict.watchdog, static_cast<std::uint64_t>(watchdog_.state()));
    guard::store(verdict.watchdog_timeout_ns,
                 static_cast<std::uint64_t>(watchdog_.facts().timeout.count()));
    guard::store(verdict.watchdog_is_verified, watchdog_.is_verified() ? 1 : 0);
    guard::store(verdict.watchdog_feeds, watchdog_.feeds());
}

void Guard::sever(Slot& slot) noexcept {
    if (!slot.is_severed) armed_--;
    slot.is_severed = true;
    for (std::uint32_t i = 0; i < slot.count; i++)
        if (hands_.carry_out(slot.actions[i], slot.fds[i]) != 0)
            guard::store(page_.verdict.failures, page_.verdict.failures + 1);
}

void Guard::sever_all(Instant now) noexcept {
    // Told before it is done: a daemon that wakes up meanwhile must not take it for its own.
    auto& verdict = page_.verdict;
    guard::store(verdict.severed_at_ns, static_cast<std::uint64_t>(now.ns));
    guard::store(verdict.severings, verdict.severings + 1);
    const auto begin = hands_.now();
    for (std::size_t i = 0; i < used_; i++)
        if (slots_[i].resource != 0 && !slots_[i].is_severed) sever(slots_[i]);
    const auto took = static_cast<std::uint64_t>((hands_.now() - begin).count());
    guard::store(verdict.sever_took_ns, took);
    if (took > verdict.sever_took_max_ns) guard::store(verdict.sever_took_max_ns, took);
}

Instant Guard::next_deadline(Instant now) const noexcept {
    const auto word = guard::read_word(page_);
    const bool is_running = now < Instant{static_cast<std::int64_t>(word.lease_end_ns)};
    auto next = armed_ > 0 ? guard::sever_at(word) : Instant::max();
    // Whoever relies on it sees by that that it runs.
    if (held_ > 0) next = std::min(next, now + k_sign_of_life);
    if (is_running || word.watchdog_wanted == 0) next = std::min(next, watchdog_.next_deadline());
    // Whatever has become of the device: a lease, and the wish for it, come into the page, and
    // nobody wakes us for that.
    if (watchdog_.state() != guard::WatchdogState::none)
        next = std::min(next, now + k_sign_of_life);
    return next;
}

Guard::Slot* Guard::find(std::uint32_t resource) noexcept {
    for (std::size_t i = 0; i < used_; i++)
        if (slots_[i].resource == resource) return &slots_[i];
    return nullptr;
}

void Guard::free(Slot& slot) noexcept {
    for (std::uint32_t i = 0; i < slot.count; i++) hands_.close_fd(slot.fds[i]);
    if (!slot.is_severed) armed_--;
    held_--;
    slot.resource = 0;
    slot.count = 0;
}

int Guard::put(Instant now, const PutRequest& request, const int* fds,
               std::size_t fd_count) noexcept {
    int error = request.head.resource == 0 || request.head.count > guard::k_limit_actions ||
                        request.head.count != fd_count
                    ? EINVAL
                    : 0;
    for (std::uint32_t i = 0; error == 0 && i < request.head.count; i++)
        error = judge(request.actions[i]);
    Slot* slot = error == 0 ? find(request.head.resource) : nullptr;
    if (slot != nullptr) free(*slot);
    if (error == 0 && slot == nullptr) slot = find(0);
    if (error == 0 && slot == nullptr && used_ == guard::k_limit_resources) error = ENOSPC;
    if (error != 0) {
        for (std::size_t i = 0; i < fd_count; i++) hands_.close_fd(fds[i]);
        return error;
    }
    if (slot == nullptr) slot = &slots_[used_++];
    slot->resource = request.head.resource;
    slot->group = request.head.group;
    slot->epoch_node = request.head.epoch_node;
    slot->incarnation = request.head.incarnation;
    slot->term = request.head.term;
    slot->count = request.head.count;
    slot->is_severed = false;
    std::copy_n(request.actions, slot->count, slot->actions);
    std::copy_n(fds, slot->count, slot->fds);
    held_++;
    armed_++;
    publish(now);
    if (!is_over(now)) return 0;
    sever(*slot);
    return ETIME;
}

void Guard::drop(std::uint32_t resource) noexcept {
    if (resource == 0) return;
    if (auto* slot = find(resource)) free(*slot);
    guard::store(page_.verdict.held, held_);
}

void Guard::tell(std::uint32_t first, Reply& reply) const noexcept {
    reply.count = 0;
    reply.more_from = 0;
    for (std::size_t i = first; i < used_; i++) {
        const auto& slot = slots_[i];
        if (slot.resource == 0) continue;
        if (reply.count == guard::k_limit_told) {
            reply.more_from = static_cast<std::uint32_t>(i);
            return;
        }
        reply.told[reply.count++] = {slot.resource,    slot.group,       slot.epoch_node,
                                     slot.is_severed,  slot.incarnation, slot.term};
    }
}

int Guard::use_watchdog(const guard::WatchdogRequest& request) noexcept {
    if (request.path[sizeof request.path - 1] != '\0') return ENAMETOOLONG;
    const int error = watchdog_.use(request.path, Duration{request.timeout_ns},
                                    Duration{request.pretimeout_ns});
    // With nothing held the next look may be far away.
    publish(hands_.now());
    return error;
}

bool Guard::is_idle() const noexcept {
    return held_ == 0 && !watchdog_.is_open();
}

}  // namespace ha_guard
