// Cancellation: one flag and one descriptor that tell a plugin to end its operation.
#include "plugin/cancellation.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

namespace ha::plugin {

Cancellation::Cancellation() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Cancellation::~Cancellation() {
    if (fd_ >= 0) close(fd_);
}

void Cancellation::cancel() noexcept {
    is_cancelled_.store(true, std::memory_order_release);
    if (fd_ >= 0) eventfd_write(fd_, 1);
}

}  // namespace ha::plugin
