// exec: a command or a process of the user's as a resource.
#include "exec.hpp"

#include <poll.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "log_file.hpp"

namespace ha::exec {
namespace {

using plugin::Error;
using plugin::ErrorCode;
using plugin::Operation;
using plugin::Severity;
using plugin::Status;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using support::Ending;
using support::Waited;

constexpr const char* k_process_file = "process";
constexpr const char* k_command_file = "command";
constexpr const char* k_started_file = "started";
constexpr const char* k_cgroup_file = "cgroup";

/// What is kept of an operation's time for killing what did not end by itself.
nanoseconds kill_reserve(nanoseconds remaining) {
    return std::min<nanoseconds>(remaining / 5, std::chrono::seconds(1));
}

/// Longest time that a command gets between SIGTERM and SIGKILL when its time is over.
constexpr nanoseconds k_command_grace = milliseconds(200);

/// The same resource has the same cgroup, and two daemons on one machine have different ones.
std::string cgroup_name(const std::string& state_directory, const std::string& resource) {
    std::uint64_t hash = 14695981039346656037U;  // FNV-1a
    for (const char c : state_directory)
        hash = (hash ^ static_cast<std::uint8_t>(c)) * 1099511628211U;
    char text[32];
    std::snprintf(text, sizeof(text), "ha-exec-%016llx-", static_cast<unsigned long long>(hash));
    return text + resource;
}

void pause(nanoseconds time) {
    const timespec t{static_cast<time_t>(time.count() / 1'000'000'000),
                     static_cast<long>(time.count() % 1'000'000'000)};
    ppoll(nullptr, 0, &t, nullptr);
}

}  // namespace

Exec::Exec(const plugin::Context& context)
    : host_(context.host()),
      settings_(read_settings(context.parameters())),
      names_{context.node(), context.group(), context.name()},
      state_directory_(context.state_directory()) {
    if (!settings_.user.empty()) support::find_credentials(settings_.user);
}

bool Exec::is_normal(const Ending& ending) const {
    return ending.is_known && !ending.is_signal &&
           settings_.normal_exit_codes.contains(ending.number);
}

// ---- what runs ----------------------------------------------------------------------------------

/// Finds what an earlier host process left: called first by every operation.
void Exec::adopt() {
    const std::lock_guard lock(running_mutex_);
    if (has_adopted_) return;
    const auto find = [&](const char* file) -> std::optional<Running> {
        const auto identity = support::read_record(state_path(file));
        if (!identity) return {};
        // Kept without a descriptor too: it ended while nobody looked, and probe must say so.
        return Running{*identity, support::open_process(*identity)};
    };
    process_ = find(k_process_file);
    command_ = find(k_command_file);
    if (const auto path = support::read_file(state_path(k_cgroup_file)))
        cgroup_ = support::Cgroup::open(*path);
    has_adopted_ = true;
}

void Exec::open_cgroup() {
    if (cgroup_ || !settings_.is_confined) return;
    auto made = support::Cgroup::open_or_create(cgroup_name(state_directory_, names_.resource));
    if (!made) return;
    support::replace_file(state_path(k_cgroup_file), made->path());
    const std::lock_guard lock(running_mutex_);
    cgroup_ = std::move(made);
}

void Exec::hand_over() const {
    if (cgroup_)
        plugin::hand_over(host_, {plugin::SeverAction::write(cgroup_->kill_fd(), "1")
                                      .harmless_if({ENODEV})});
    else if (process_ && process_->process)
        plugin::hand_over(host_, {plugin::SeverAction::signal(
                                      process_->process.get(), SIGKILL,
                                      static_cast<std::uint32_t>(process_->identity.pid))
                                      .harmless_if({ESRCH})});
}

/// From here on sever reaches it. False, and it is killed, when sever came while it was spawned.
bool Exec::hold(std::optional<Running>& place, Running running, std::uint64_t severed_before) {
    const std::lock_guard lock(running_mutex_);
    place = std::move(running);
    if (severed_count_ == severed_before) return true;
    support::signal_group(place->identity, place->process.get(), SIGKILL);
    return false;
}

void Exec::drop(std::optional<Running>& place, const char* record) {
    if (record != nullptr) support::remove_file(state_path(record));
    const std::lock_guard lock(running_mutex_);
    place.reset();
}

Exec::Running Exec::spawn(const std::string& command, const char* record,
                          const Operation& operation) {
    limit_log(settings_.log_file, settings_.log_bytes_max);
    if (operation.abi().kind == HA_OPERATION_START) {
        open_cgroup();
        if (cgroup_) hand_over();
    }
    support::SpawnRequest request;
    request.arguments = to_arguments(command);
    request.working_directory = settings_.working_directory.empty() ? default_directory(command)
                                                                     : settings_.working_directory;
    if (record != nullptr) request.record_path = state_path(record);
    const support::Fd log = open_log(settings_.log_file);
    request.output_fd = log.get();
    if (cgroup_) request.cgroup_fd = cgroup_->procs_fd();
    Settings settings = settings_;
    if (!settings_.user.empty()) {
        request.credentials = support::find_credentials(settings_.user);
        const auto& who = *request.credentials;
        settings.environment.insert(
            settings.environment.begin(),
            {"HOME=" + who.home, "USER=" + who.name, "LOGNAME=" + who.name});
    }
    request.environment =
        make_environment(settings, names_, operation.abi(), operation.remaining());
    auto spawned = support::spawn(request);
    return {spawned.identity, std::move(spawned.process)};
}

Ending Exec::run_command(const std::string& command, nanoseconds budget,
                         const Operation& operation) {
    std::uint64_t severed_before = 0;
    {
        const std::lock_guard lock(running_mutex_);
        severed_before = severed_count_;
    }
    // A probe that is cut off with its host leaves nothing half done, so nobody has to know of it.
    const char* record = operation.abi().kind == HA_OPERATION_PROBE ? nullptr : k_command_file;
    hold(command_, spawn(command, record, operation), severed_before);
    const int process = command_->process.get();
    const auto reserve = kill_reserve(budget);
    const auto waited = support::wait_for_end(process, budget - reserve, &operation);
    if (waited == Waited::ended) {
        const Ending ending = support::reap_ended(process);
        drop(command_, record);
        limit_log(settings_.log_file, settings_.log_bytes_max);
        return ending;
    }
    support::signal_group(command_->identity, process, SIGTERM);
    support::wait_for_end(process, std::min(reserve / 2, k_command_grace), nullptr);
    const bool is_gone = support::kill_session(command_->identity, process, reserve / 2);
    if (is_gone) drop(command_, record);
    const std::string end = is_gone ? "; it was killed" : "; it was killed, but did not die yet";
    if (waited == Waited::cancelled)
        throw Error(ErrorCode::cancelled, "command '" + command + "' was cancelled" + end);
    throw Error(ErrorCode::timed_out, "command '" + command + "' did not end in " +
                                          std::to_string(budget.count() / 1'000'000) + " ms" + end);
}

/// A command that an earlier host process left behind would work against the next one.
void Exec::end_leftover_command(const Operation& operation) {
    if (!command_) return;
    if (!support::kill_session(command_->identity, command_->process.get(),
                               operation.remaining() / 2))
        throw Error(ErrorCode::timed_out, "process " + std::to_string(command_->identity.pid) +
                                              " of an earlier command does not die");
    drop(command_, k_command_file);
}

/// Everything in the cgroup, verified. Without one there is nothing that could be seen.
void Exec::end_cgroup(const Operation& operation) {
    if (!cgroup_) return;
    if (cgroup_->is_populated() && !cgroup_->kill_all())
        throw plugin::system_error("kill " + cgroup_->path());
    for (nanoseconds time = milliseconds(1); cgroup_->is_populated();
         time = std::min<nanoseconds>(time * 2, milliseconds(20))) {
        if (operation.remaining().count() == 0)
            throw Error(ErrorCode::timed_out,
                        "processes in " + cgroup_->path() + " were killed, but did not die yet");
        pause(time);
    }
    cgroup_->remove();
    support::remove_file(state_path(k_cgroup_file));
    const std::lock_guard lock(running_mutex_);
    cgroup_.reset();
}

// ---- start --------------------------------------------------------------------------------------

void Exec::start(const Operation& operation) {
    adopt();
    const auto& epoch = operation.epoch();
    if (epoch.incarnation != 0 && !host_.is_valid(epoch))
        throw Error(ErrorCode::refused, "not started: epoch " + to_string(epoch) +
                                            " is not this node's present activation");
    end_leftover_command(operation);
    if (is_async()) {
        start_async(operation);
        return;
    }
    const Ending ending = run_command(settings_.start, operation.remaining(), operation);
    if (!is_normal(ending))
        throw Error(ErrorCode::io, "start command '" + settings_.start + "' " + to_string(ending));
    support::replace_file(state_path(k_started_file),
                          support::read_boot_id() + "\n" + to_string(epoch) + "\n");
}

void Exec::start_async(const Operation& operation) {
    if (process_ && process_->process && !support::has_ended(process_->process.get())) return;
    if (process_) {
        // It ended by itself; what it left behind must not meet its successor.
        if (!support::kill_session(process_->identity, process_->process.get(),
                                   operation.remaining() / 2))
            throw Error(ErrorCode::timed_out, "processes of the last run do not die");
        drop(process_, k_process_file);
    }
    std::uint64_t severed_before = 0;
    {
        const std::lock_guard lock(running_mutex_);
        severed_before = severed_count_;
    }
    last_ending_.clear();
    if (!hold(process_, spawn(settings_.start, k_process_file, operation), severed_before))
        throw Error(ErrorCode::refused, "severed while it was started");
    if (!cgroup_) hand_over();
    if (settings_.settle.count() == 0) return;
    const auto waited = support::wait_for_end(
        process_->process.get(),
        std::min(settings_.settle, operation.remaining() - kill_reserve(operation.remaining())),
        &operation);
    if (waited == Waited::timed_out && operation.remaining() > nanoseconds(0)) return;
    Ending ending;
    if (support::kill_session(process_->identity, process_->process.get(), operation.remaining(),
                              &ending))
        drop(process_, k_process_file);
    operation.check();
    throw Error(ErrorCode::io, "process '" + settings_.start + "' " + to_string(ending) +
                                   " before it had run for " +
                                   plugin::format_duration(settings_.settle));
}

// ---- stop ---------------------------------------------------------------------------------------

void Exec::stop(const Operation& operation) {
    adopt();
    end_leftover_command(operation);
    if (!settings_.stop.empty()) run_stop_command(operation);
    if (process_) stop_process(operation);
    end_cgroup(operation);
    support::remove_file(state_path(k_started_file));
    last_ending_.clear();
}

/// Its failure is the stop's failure for a sync resource. The process of an async one is ended
/// anyway, and what counts is that it is gone.
void Exec::run_stop_command(const Operation& operation) {
    const auto all = operation.remaining();
    if (!is_async()) {
        const Ending ending = run_command(settings_.stop, all, operation);
        if (!is_normal(ending))
            throw Error(ErrorCode::io,
                        "stop command '" + settings_.stop + "' " + to_string(ending));
        return;
    }
    const auto budget = std::max(all / 2, all - settings_.stop_grace - kill_reserve(all));
    try {
        const Ending ending = run_command(settings_.stop, budget, operation);
        if (!is_normal(ending))
            host_.log(Severity::warning,
                      "stop command '" + settings_.stop + "' " + to_string(ending));
    } catch (const Error& error) {
        if (operation.is_cancelled()) throw;
        host_.log(Severity::warning, error.what());
    }
}

bool Exec::wait_for_session(const Running& running, nanoseconds timeout,
                            const Operation& operation) {
    const std::int64_t end_ns = host_.now_ns() + timeout.count();
    for (nanoseconds time = milliseconds(1);;
         time = std::min<nanoseconds>(time * 2, milliseconds(20))) {
        const bool is_empty = cgroup_ ? !cgroup_->is_populated()
                                      : support::list_session(running.identity).empty();
        if (is_empty) return true;
        if (operation.is_cancelled()) operation.check();
        const std::int64_t left_ns = end_ns - host_.now_ns();
        if (left_ns <= 0) return false;
        pause(std::min(time, nanoseconds(left_ns)));
    }
}

/// Asks the process, then those that it leaves behind, then kills; verified gone at the end.
void Exec::stop_process(const Operation& operation) {
    const int process = process_->process.get();
    const auto remaining = operation.remaining();
    const auto grace = std::min(settings_.stop_grace, remaining - kill_reserve(remaining));
    const std::int64_t grace_end_ns = host_.now_ns() + grace.count();
    bool is_empty = false;
    if (process >= 0 && support::signal_process(process, settings_.stop_signal)) {
        const auto waited = support::wait_for_end(process, grace, &operation);
        if (waited == Waited::cancelled) operation.check();
        if (waited == Waited::ended) {
            // The leader is not reaped yet, so the group's number is still ours.
            support::signal_group(process_->identity, process, settings_.stop_signal);
            is_empty = wait_for_session(*process_, nanoseconds(grace_end_ns - host_.now_ns()),
                                        operation);
        }
    }
    if (is_empty) {
        support::reap_ended(process);
    } else if (!support::kill_session(process_->identity, process, operation.remaining())) {
        throw Error(ErrorCode::timed_out, "process " + std::to_string(process_->identity.pid) +
                                              " and its children were killed, but did not die yet");
    }
    drop(process_, k_process_file);
}

// ---- probe and sever ----------------------------------------------------------------------------

/// Nothing while it runs.
std::optional<Ending> Exec::see_end_of_process() {
    if (!process_->process) return Ending{};
    if (!support::has_ended(process_->process.get())) return {};
    return support::reap_ended(process_->process.get());
}

Status Exec::probe_process(const Operation& operation) {
    if (!process_) {
        if (!cgroup_ || !cgroup_->is_populated()) return Status::offline;
        operation.explain("no process is known, but some are left in " + cgroup_->path());
        return Status::failed;
    }
    if (const auto ending = see_end_of_process()) {
        if (last_ending_.empty() || ending->is_known) last_ending_ = to_string(*ending);
        operation.explain("process " + std::to_string(process_->identity.pid) + " " +
                          last_ending_);
        return Status::failed;
    }
    if (settings_.probe.empty()) return Status::online;
    const Ending ending = run_command(settings_.probe, operation.remaining(), operation);
    if (is_normal(ending)) return Status::online;
    operation.explain("probe command '" + settings_.probe + "' " + to_string(ending));
    return Status::failed;
}

Status Exec::probe_sync(const Operation& operation) {
    const auto started = support::read_file(state_path(k_started_file));
    const bool was_started = started && started->starts_with(support::read_boot_id());
    if (settings_.probe.empty()) return was_started ? Status::online : Status::offline;
    const Ending ending = run_command(settings_.probe, operation.remaining(), operation);
    if (is_normal(ending)) return Status::online;
    if (!was_started) return Status::offline;
    operation.explain("probe command '" + settings_.probe + "' " + to_string(ending));
    return Status::failed;
}

Status Exec::probe(const Operation& operation) {
    operation.check();
    adopt();
    limit_log(settings_.log_file, settings_.log_bytes_max);
    // Left by an earlier host process: nobody knows how far it came.
    if (command_) {
        operation.explain("a command of an earlier daemon still runs or was cut off");
        return Status::failed;
    }
    if (!std::exchange(has_handed_over_, true)) hand_over();  // found running, not started by us
    return is_async() ? probe_process(operation) : probe_sync(operation);
}

/// An async process is known by what started it, so one that others have started is not seen.
const void* Exec::get_extension(const char* id) noexcept {
    const bool is_seen = !is_async() && !settings_.probe.empty() && settings_.is_exclusive;
    return is_seen && plugin::is_exclusive_asked(id) ? &plugin::k_exclusive : nullptr;
}

void Exec::sever(const Operation&) {
    adopt();
    const std::lock_guard lock(running_mutex_);
    ++severed_count_;
    if (cgroup_ && !cgroup_->kill_all()) throw plugin::system_error("kill " + cgroup_->path());
    for (const auto* running : {&process_, &command_})
        if (*running && (*running)->process)
            support::signal_group((*running)->identity, (*running)->process.get(), SIGKILL);
    const bool may_hide = !cgroup_ && !is_async() &&
                          support::read_file(state_path(k_started_file)).has_value();
    if (may_hide)
        throw Error(ErrorCode::unsupported,
                    "what a sync start left running is known only by its cgroup, and there is "
                    "none; use mode async, or confine with a writable cgroup v2");
}

}  // namespace ha::exec
