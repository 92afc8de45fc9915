// Nice: the priority of this thread for a while.
#include "runtime/nice.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

namespace ha::runtime {

namespace {

/// The lowest nice value (highest priority) that this process may choose, by its limits alone.
int lowest_by_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NICE, &limit) != 0) return 19;
    return 20 - static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 40));
}

}  // namespace

NiceScope::NiceScope(int nice) {
    if (nice == 0) return;
    errno = 0;
    before_ = ::getpriority(PRIO_PROCESS, 0);
    if (errno != 0 || before_ == nice) return;
    // Who may go one step up from where it is may also come back from below.
    const bool may_rise = ::setpriority(PRIO_PROCESS, 0, before_ - 1) == 0;
    if (may_rise) ::setpriority(PRIO_PROCESS, 0, before_);
    is_refused_ = !may_rise && before_ < lowest_by_limit();
    if (is_refused_) return;
    is_changed_ = ::setpriority(PRIO_PROCESS, 0, nice) == 0;
    is_refused_ = !is_changed_;
}

NiceScope::~NiceScope() {
    if (is_changed_) ::setpriority(PRIO_PROCESS, 0, before_);
}

}  // namespace ha::runtime
