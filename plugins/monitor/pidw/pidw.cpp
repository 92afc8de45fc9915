// pidw: watches the process of an async exec resource.
#include "pidw.hpp"

#include <sys/eventfd.h>

#include "support/process/session.hpp"

namespace ha::pidw {

using plugin::Error;
using plugin::ErrorCode;
using plugin::Verdict;
using support::Fd;

ProcessMonitor::ProcessMonitor(const plugin::Context& context)
    : resource_(context.parameters().string("resource")),
      record_path_(context.host().state_directory_of(resource_) + "/process") {}

std::optional<support::ProcessIdentity> ProcessMonitor::find_process() const {
    return support::read_record(record_path_);
}

/// No record is no evidence: the resource is stopped, or between two starts.
Verdict ProcessMonitor::check(const plugin::Operation&) {
    const auto identity = find_process();
    if (!identity)
        return Verdict::unknown("resource '" + resource_ +
                                "' has no process here; it is stopped, or not of mode async");
    const Fd process = support::open_process(*identity);
    if (process && !support::has_ended(process.get())) return Verdict::ok();
    return Verdict::bad("process " + std::to_string(identity->pid) + " of resource '" + resource_ +
                        "' has ended");
}

int ProcessMonitor::arm(const plugin::Operation&) {
    const auto identity = find_process();
    if (!identity)
        throw Error(ErrorCode::not_found, "resource '" + resource_ + "' has no process here");
    armed_ = support::open_process(*identity);
    if (!armed_) armed_ = Fd(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!armed_) throw plugin::system_error("open a descriptor to watch by");
    return armed_.get();
}

Verdict ProcessMonitor::on_ready(const plugin::Operation& operation) {
    armed_.reset();
    return check(operation);
}

void ProcessMonitor::disarm() noexcept { armed_.reset(); }

}  // namespace ha::pidw
