// Carrying out handed-over actions as ha-guard does, in a test.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <span>
#include <vector>

#include "actions.hpp"
#include "ha/plugin/ext/sever_actions.h"

namespace ha::test {

/// What a plugin handed over last, with descriptors of its own.
class HandedOver {
   public:
    ~HandedOver() { replace({}); }
    void replace(std::span<const ha_sever_action_t> actions) {
        const std::lock_guard lock(mutex_);
        for (const int fd : fds_) close(fd);
        fds_.clear();
        actions_.clear();
        for (const auto& one : actions) {
            guard::Action action;
            action.kind = one.kind;
            action.number = one.number;
            action.group = one.group;
            action.byte_count = one.byte_count;
            std::copy(std::begin(one.harmless), std::end(one.harmless), action.harmless);
            if (one.byte_count > 0)
                std::copy_n(static_cast<const std::uint8_t*>(one.bytes), one.byte_count,
                            action.bytes);
            actions_.push_back(action);
            fds_.push_back(fcntl(one.fd, F_DUPFD_CLOEXEC, 3));
        }
        puts_++;
    }
    std::vector<guard::Action> actions() const {
        const std::lock_guard lock(mutex_);
        return actions_;
    }
    /// The first error; 0: all was done, or nothing was left to do.
    int carry_out() const {
        const std::lock_guard lock(mutex_);
        int error = 0;
        for (std::size_t i = 0; i < actions_.size(); i++) {
            const int one = ha_guard::judge(actions_[i]) != 0
                                ? ha_guard::judge(actions_[i])
                                : ha_guard::carry_out(actions_[i], fds_[i]);
            if (error == 0) error = one;
        }
        return error;
    }
    int puts() const {
        const std::lock_guard lock(mutex_);
        return puts_;
    }

   private:
    mutable std::mutex mutex_;
    std::vector<guard::Action> actions_;
    std::vector<int> fds_;
    int puts_ = 0;
};

}  // namespace ha::test
