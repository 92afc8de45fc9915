// The way to ha-guard: the page, and what is asked of it.
#include "runtime/guard_link.hpp"

#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "runtime/machine.hpp"

namespace ha::runtime {

namespace {

/// Why the guard does not take these settings, for people, and what would help.
std::string refusal_of_watchdog(const WatchdogOptions& asked, int error) {
    auto out = asked.path.empty() ? std::string("ha-guard cannot do without a watchdog")
                                  : "ha-guard does not use watchdog " + asked.path +
                                        " with a time of " +
                                        std::to_string(asked.timeout / 1ms) + " ms";
    switch (error) {
        case EBUSY:
            return out + ": it holds one open with other settings, which stay in force. They are "
                         "changed when nothing on this node needs it any more; one that cannot be "
                         "switched off (nowayout) keeps them until the machine is started anew";
        case EINVAL: return out + ": the time has to be longer than 0";
        case ENAMETOOLONG:
            return out + ": its path has to be shorter than " +
                   std::to_string(guard::k_limit_path_bytes) + " bytes";
        default: return out + ": " + error_text(error);
    }
}

}  // namespace

GuardLink::GuardLink(GuardOptions options) : options_(std::move(options)), begun_(now()) {}

Result<std::shared_ptr<GuardLink>> GuardLink::open(GuardOptions options) {
    auto link = std::shared_ptr<GuardLink>(new GuardLink(std::move(options)));
    std::lock_guard talk(link->talk_);
    if (auto r = link->connect_or_start(); !r) return r.error();
    link->read_found();
    if (auto r = link->send_watchdog(); !r) link->set_problem(r.error().context);
    return link;
}

std::shared_ptr<GuardLink> GuardLink::to_none(GuardOptions options, std::string problem) {
    auto link = std::shared_ptr<GuardLink>(new GuardLink(std::move(options)));
    link->problem_ = std::move(problem);
    return link;
}

GuardLink::~GuardLink() { unmap(); }

void GuardLink::unmap() {
    std::lock_guard guard(mutex_);
    if (page_ != nullptr) ::munmap(page_, sizeof *page_);
    page_ = nullptr;
}

void GuardLink::set_problem(std::string text) {
    std::lock_guard guard(mutex_);
    problem_ = std::move(text);
    if (problem_.empty()) return;
    for (auto& [id, put] : puts_) put.is_there = false;
}

std::string GuardLink::problem() const {
    std::lock_guard guard(mutex_);
    return problem_;
}

std::string GuardLink::watchdog_problem() const {
    std::lock_guard guard(mutex_);
    return watchdog_problem_;
}

std::string GuardLink::watch_problem() const {
    std::lock_guard guard(mutex_);
    return watch_problem_;
}

bool GuardLink::is_there() const {
    std::lock_guard guard(mutex_);
    return page_ != nullptr && problem_.empty();
}

bool GuardLink::has(ResourceId resource) const {
    std::lock_guard guard(mutex_);
    const auto found = puts_.find(resource);
    return found != puts_.end() && found->second.is_there;
}

guard::Word GuardLink::word() const {
    std::lock_guard guard(mutex_);
    return word_;
}

guard::Verdict GuardLink::verdict() const {
    std::lock_guard guard(mutex_);
    return page_ == nullptr ? guard::Verdict{} : page_->verdict;
}

std::uint64_t GuardLink::severings() const {
    std::lock_guard guard(mutex_);
    return severings_locked();
}

std::uint64_t GuardLink::severings_locked() const {
    if (page_ == nullptr) return severings_before_;
    return severings_before_ + guard::load(page_->verdict.severings) - severings_old_;
}

void GuardLink::say(Instant lease_end, Duration sever_bound) {
    std::lock_guard guard(mutex_);
    const guard::Word next{word_.sequence, static_cast<std::uint64_t>(lease_end.ns),
                           static_cast<std::uint64_t>(sever_bound.count()),
                           word_.watchdog_wanted};
    if (next == word_) return;
    word_ = next;
    if (page_ != nullptr) guard::write_word(*page_, word_);
}

/// One request and its reply; the mutex of talking is held.
Result<guard::Reply> GuardLink::ask(const void* request, std::size_t size,
                                    const std::vector<int>& fds, UniqueFd* received) {
    iovec part{const_cast<void*>(request), size};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * guard::k_limit_actions)] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
        auto* one = CMSG_FIRSTHDR(&message);
        one->cmsg_level = SOL_SOCKET;
        one->cmsg_type = SCM_RIGHTS;
        one->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
        std::memcpy(CMSG_DATA(one), fds.data(), sizeof(int) * fds.size());
    }
    if (!socket_) return failure(FailureCode::unavailable, "there is no connection to ha-guard");
    // After a failure the next answer could be the one to this question: the socket is given up.
    auto socket = std::move(socket_);
    if (::sendmsg(socket.get(), &message, MSG_NOSIGNAL) != static_cast<ssize_t>(size))
        return os_failure("cannot send to", "ha-guard", errno);
    guard::Reply reply;
    iovec place{&reply, sizeof reply};
    alignas(cmsghdr) char sent[CMSG_SPACE(sizeof(int))] = {};
    msghdr answer{};
    answer.msg_iov = &place;
    answer.msg_iovlen = 1;
    answer.msg_control = sent;
    answer.msg_controllen = sizeof sent;
    ssize_t got = 0;
    do got = ::recvmsg(socket.get(), &answer, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN)
        return failure(FailureCode::timed_out,
                       "ha-guard does not answer: it is stopped, or starved");
    if (got < static_cast<ssize_t>(offsetof(guard::Reply, told)))
        return os_failure("no answer from", "ha-guard", got < 0 ? errno : ECONNRESET);
    if (auto* one = CMSG_FIRSTHDR(&answer);
        one != nullptr && one->cmsg_level == SOL_SOCKET && one->cmsg_type == SCM_RIGHTS) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(one), sizeof fd);
        UniqueFd owned(fd);
        if (received != nullptr) *received = std::move(owned);
    }
    const bool is_ours = reply.magic == guard::k_magic && reply.version == guard::k_version;
    if (!is_ours)
        return failure(FailureCode::refused, "ha-guard speaks another version of its protocol; "
                                             "stop this node's groups and end that process");
    socket_ = std::move(socket);
    return reply;
}

void GuardLink::read_found() {
    if (!found_.was_there) return;
    found_.lease_end = Instant{static_cast<std::int64_t>(word_.lease_end_ns)};
    guard::Request request;
    request.ask = guard::Ask::tell;
    for (;;) {
        auto reply = ask(&request, sizeof request);
        if (!reply) return;
        for (std::uint32_t i = 0; i < reply->count && i < guard::k_limit_told; i++) {
            const auto& told = reply->told[i];
            if (told.is_severed == 0) continue;
            found_.severed.push_back(
                {GroupId{told.group},
                 Epoch{Incarnation{told.incarnation}, Term{told.term},
                       NodeId{static_cast<NodeId::rep>(told.epoch_node)}}});
        }
        if (reply->more_from <= request.first) return;
        request.first = reply->more_from;
    }
}

Result<void> GuardLink::send_put(ResourceId resource) {
    guard::PutRequest request;
    std::vector<int> fds;
    {
        std::lock_guard guard(mutex_);
        const auto found = puts_.find(resource);
        if (found == puts_.end()) return {};
        const auto& put = found->second;
        request.head.ask = guard::Ask::put;
        request.head.resource = resource.value;
        request.head.group = put.group.value;
        request.head.epoch_node = put.epoch.node.value;
        request.head.incarnation = put.epoch.incarnation.value;
        request.head.term = put.epoch.term.value;
        request.head.count = static_cast<std::uint32_t>(put.actions.actions.size());
        for (std::size_t i = 0; i < put.actions.actions.size(); i++) {
            request.actions[i] = put.actions.actions[i];
            fds.push_back(put.actions.fds[i].get());
        }
    }
    auto reply = ask(&request, sizeof request, fds);
    if (!reply) {
        set_problem(reply.error().context);
        return reply.error();
    }
    const bool is_held = reply->error == 0 || reply->error == ETIME;
    {
        std::lock_guard guard(mutex_);
        if (const auto found = puts_.find(resource); found != puts_.end())
            found->second.is_there = is_held;
    }
    if (reply->error == ETIME) return failure(FailureCode::refused, "the node's lease is over");
    if (reply->error != 0)
        return failure(FailureCode::limit,
                       "ha-guard does not take its actions: " + error_text(reply->error));
    return {};
}

Result<void> GuardLink::put(ResourceId resource, GroupId group, const Epoch& epoch,
                            SeverActions actions) {
    std::lock_guard talk(talk_);
    {
        std::lock_guard guard(mutex_);
        puts_[resource] = Put{group, epoch, std::move(actions), false};
    }
    return send_put(resource);
}

void GuardLink::drop(ResourceId resource) {
    std::lock_guard talk(talk_);
    {
        // Also what an earlier daemon put, which is not in this book.
        std::lock_guard guard(mutex_);
        puts_.erase(resource);
    }
    guard::Request request;
    request.ask = guard::Ask::drop;
    request.resource = resource.value;
    if (auto reply = ask(&request, sizeof request); !reply) set_problem(reply.error().context);
}

/// A refusal is a problem of the watchdog; only what could not be asked is one of the guard.
Result<void> GuardLink::send_watchdog() {
    guard::WatchdogRequest request;
    request.head.ask = guard::Ask::watchdog;
    const auto take = [this](int error) {
        std::lock_guard guard(mutex_);
        watchdog_problem_.clear();
        if (error != 0) watchdog_problem_ = refusal_of_watchdog(options_.watchdog, error);
    };
    if (options_.watchdog.path.size() >= sizeof request.path) {
        take(ENAMETOOLONG);
        return {};
    }
    std::memcpy(request.path, options_.watchdog.path.c_str(), options_.watchdog.path.size() + 1);
    request.timeout_ns = options_.watchdog.timeout.count();
    request.pretimeout_ns = options_.watchdog.pretimeout.count();
    auto reply = ask(&request, sizeof request);
    if (!reply) return reply.error();
    take(reply->error);
    return {};
}

void GuardLink::retry_watchdog() {
    std::lock_guard talk(talk_);
    if (!is_there()) return;  // revive() tells it
    if (auto r = send_watchdog(); !r) set_problem(r.error().context);
}

Result<void> GuardLink::want_watchdog(bool is_wanted) {
    std::lock_guard talk(talk_);
    {
        std::lock_guard guard(mutex_);
        word_.watchdog_wanted = is_wanted ? 1 : 0;
        is_watchdog_said_ = true;
        if (page_ != nullptr) guard::write_word(*page_, word_);
    }
    // Any request wakes it up, and it looks at the page before it reads the request.
    guard::Request request;
    request.ask = guard::Ask::tell;
    request.first = guard::k_limit_resources;
    auto reply = ask(&request, sizeof request);
    if (!reply) {
        set_problem(reply.error().context);
        return reply.error();
    }
    const auto state = static_cast<guard::WatchdogState>(verdict().watchdog);
    if (!is_wanted || state == guard::WatchdogState::armed) return {};
    return failure(FailureCode::io, "watchdog " + options_.watchdog.path + " could not be armed");
}

Result<void> GuardLink::revive() {
    std::lock_guard talk(talk_);
    // The old page stays: the guard may only be slow, and reads there until when we may go on.
    if (auto r = connect_or_start(); !r) {
        set_problem(r.error().context);
        return r;
    }
    std::vector<ResourceId> all;
    {
        std::lock_guard guard(mutex_);
        // Before anything is put: with an empty page the time is over.
        guard::write_word(*page_, word_);
        for (const auto& [id, put] : puts_) all.push_back(id);
    }
    set_problem({});
    if (auto r = send_watchdog(); !r) set_problem(r.error().context);
    for (auto id : all)
        if (auto r = send_put(id); !r && r.error().code != FailureCode::refused) return r;
    return {};
}

void GuardLink::leave() {
    std::lock_guard talk(talk_);
    guard::Request request;
    request.ask = guard::Ask::leave;
    static_cast<void>(ask(&request, sizeof request));
}

}  // namespace ha::runtime
