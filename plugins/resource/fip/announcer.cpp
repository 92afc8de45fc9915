// After an address was added: announces it for a while, and listens for others who claim it.
#include "resource/fip/announcer.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "support/netlink/route.hpp"

namespace ha::fip {

namespace {

/// Signals belong to the host's threads.
class SignalsBlocked {
 public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
    sigset_t before_;
};

}  // namespace

bool is_own_mac(const Mac& mac) {
    auto route = support::RouteSocket::open();
    if (!route) return false;
    const auto links = route->links();
    return links && std::ranges::any_of(*links, [&](const support::Link& link) {
               return link.hardware_address_length == mac.size() && link.mac() == mac;
           });
}

Announcer::~Announcer() {
    request_stop();
    join();
}

void Announcer::start(Wire wire, const Task& task, unsigned turn_next) {
    join();
    wake_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_fd_ < 0)
        throw plugin::system_error("the announcements of " + to_string(task.settings.address) +
                                   " could not be started");
    rival_.reset();
    is_silent_ = false;
    const SignalsBlocked blocked;  // the new thread inherits the mask
    thread_ = std::thread(&Announcer::run, this, std::move(wire), task, turn_next);
}

void Announcer::request_stop() {
    const std::lock_guard lock(mutex_);
    is_silent_ = true;
    if (wake_fd_ >= 0) (void)::eventfd_write(wake_fd_, 1);
}

void Announcer::join() {
    if (thread_.joinable()) {
        request_stop();
        thread_.join();
    }
    if (wake_fd_ >= 0) ::close(wake_fd_);
    wake_fd_ = -1;
}

std::optional<Mac> Announcer::rival() {
    const std::lock_guard lock(mutex_);
    return rival_;
}

void Announcer::run(Wire wire, Task task, unsigned turn) {
    const auto watch_end = task.added + watch_duration(task.settings);
    while (!is_silent_) {
        const bool has_turn = turn < task.settings.announce_count;
        const auto due = task.added + announcement_due(task.settings, turn);
        const auto answer = wire.listen(has_turn ? std::min(due, watch_end) : watch_end, wake_fd_);
        if (answer.heard == Wire::Heard::woken) return;
        if (answer.heard == Wire::Heard::claim) {
            on_claim(wire, task, answer.mac);
            continue;
        }
        if (!has_turn) return;
        if (!announce(wire, task, turn)) return;
        ++turn;
    }
}

bool Announcer::may_announce(const Task& task) const {
    if (is_silent_) return false;
    if (task.epoch.incarnation != 0 && !host_.is_valid(task.epoch)) return false;
    auto route = support::RouteSocket::open();
    if (!route) return false;
    const auto is_there = route->is_on_link(task.link, task.settings.address);
    return is_there && *is_there;
}

bool Announcer::announce(Wire& wire, const Task& task, unsigned turn) {
    const std::lock_guard lock(mutex_);
    if (!may_announce(task)) return false;
    // A frame that the link does not take now is made up for by the next one.
    (void)wire.announce(turn);
    return true;
}

void Announcer::on_claim(Wire& wire, const Task& task, const Mac& mac) {
    // Told and answered once: a war of announcements helps nobody.
    if (rival() || is_own_mac(mac)) return;
    {
        const std::lock_guard lock(mutex_);
        rival_ = mac;
    }
    const bool is_sent = announce(wire, task, 0);
    host_.event(plugin::Severity::error, "address_conflict",
                to_string(task.settings.address) + " is also claimed by " + to_string(mac) +
                    (is_sent ? "; announced once more" : "") +
                    ". Find the other holder by its hardware address and take the address off it");
}

}  // namespace ha::fip
