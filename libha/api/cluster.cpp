// Cluster: reading what it needs, starting and ending its node, requests by name.
#include "ha/cluster.hpp"

#include <algorithm>
#include <charconv>

#include "api/catalog.hpp"
#include "api/cluster_impl.hpp"
#include "api/fork_file.hpp"
#include "config/load.hpp"
#include "runtime/machine.hpp"
#include "runtime/posix.hpp"

namespace ha {

namespace {

constexpr std::size_t k_limit_config_bytes = 4 * 1024 * 1024;

ErrorCode code_of(FailureCode code) {
    switch (code) {
        case FailureCode::invalid: return ErrorCode::invalid;
        case FailureCode::not_found: return ErrorCode::not_found;
        case FailureCode::refused: return ErrorCode::refused;
        case FailureCode::unavailable: return ErrorCode::unavailable;
        case FailureCode::timed_out: return ErrorCode::timed_out;
        case FailureCode::corrupt: return ErrorCode::corrupt;
        case FailureCode::io: return ErrorCode::io;
        case FailureCode::limit: return ErrorCode::limit;
    }
    return ErrorCode::io;
}

template <class T>
T take(Result<T> result) {
    if (!result) throw_failure(result.error());
    return std::move(*result);
}
void take(Result<void> result) {
    if (!result) throw_failure(result.error());
}

[[noreturn]] void throw_unknown(const char* what, const std::string& name) {
    throw Error(ErrorCode::not_found,
                std::string("the configuration has no ") + what + " '" + name + "'");
}

Epoch epoch_of(const EpochValue& epoch) {
    return {Incarnation{epoch.incarnation}, Term{epoch.term},
            NodeId{static_cast<NodeId::rep>(epoch.node)}};
}

GroupId group_id(const model::ClusterSpec& spec, const std::string& name) {
    auto group = model::find_group(spec, name);
    if (group == nullptr) throw_unknown("group", name);
    return group->id;
}

/// Empty: none.
NodeId node_id(const model::ClusterSpec& spec, const std::string& name) {
    if (name.empty()) return {};
    auto node = model::find_node(spec, name);
    if (node == nullptr) throw_unknown("node", name);
    return node->id;
}

/// Of a voter that is configured no more, and so has no name.
std::optional<NodeId::rep> parse_number(const std::string& word) {
    NodeId::rep out = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
    if (error != std::errc{} || end != word.data() + word.size() || out == 0) return std::nullopt;
    return out;
}

/// Empty: none.
MonitorId monitor_id(const model::ClusterSpec& spec, const std::string& name) {
    if (name.empty()) return {};
    auto monitor = model::find_monitor(spec, name);
    if (monitor == nullptr) throw_unknown("monitor", name);
    return monitor->id;
}

model::ResourcePlace resource_place(const model::ClusterSpec& spec, const std::string& name) {
    const auto place = model::find_resource(spec, name);
    if (place.resource == nullptr) throw_unknown("resource", name);
    return place;
}

engine::ResourceWish resource_wish(const model::ClusterSpec& spec, const std::string& name,
                                   bool is_stopped) {
    const auto place = resource_place(spec, name);
    return {place.group->id, place.resource->id, is_stopped};
}

std::string read_config(const Options& options) {
    if (!options.config_text.empty()) return options.config_text;
    if (options.config_file.empty())
        throw Error(ErrorCode::invalid, "neither config_text nor config_file is given");
    auto bytes = take(runtime::read_file(options.config_file, k_limit_config_bytes));
    return std::string(bytes.begin(), bytes.end());
}

}  // namespace

const char* to_string(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::invalid: return "invalid";
        case ErrorCode::not_found: return "not_found";
        case ErrorCode::refused: return "refused";
        case ErrorCode::unavailable: return "unavailable";
        case ErrorCode::timed_out: return "timed_out";
        case ErrorCode::corrupt: return "corrupt";
        case ErrorCode::io: return "io";
        case ErrorCode::limit: return "limit";
    }
    return "unknown";
}

const char* to_string(FinalAction action) noexcept {
    switch (action) {
        case FinalAction::stop_node_service: return "stop_node_service";
        case FinalAction::reboot: return "reboot";
        case FinalAction::poweroff: return "poweroff";
    }
    return "unknown";
}

void throw_failure(const Failure& failure) { throw Error(code_of(failure.code), failure.context); }

void write_new_key_file(const std::string& path) { take(runtime::write_new_key_file(path)); }

Cluster::Impl::Impl(Options o) : options(std::move(o)) {
    auto file = options.config_file.empty() ? std::string("configuration") : options.config_file;
    file_spec = take(config::load_spec(read_config(options), file));
    if (options.node.empty()) throw Error(ErrorCode::invalid, "no node name is given");
    if (!options.watchdog.empty() && options.guard.empty())
        throw Error(ErrorCode::invalid,
                    "watchdog " + options.watchdog + " is held by ha-guard, and none is wanted; "
                                                     "name one as `guard`");
    self = node_id(file_spec, options.node);
    keys = take(runtime::read_key_file(options.key_file));
    if (!options.boot_id.empty()) boot = take(runtime::parse_boot_id(options.boot_id));
    auto name = file_spec.name + "-" + options.node;
    if (options.state_directory.empty()) options.state_directory = "/var/lib/ha/" + name;
    if (options.run_directory.empty()) options.run_directory = "/run/ha/" + name;
    if (options.record_directory.empty())
        options.record_directory = options.state_directory + "/recordings";
    if (options.hold_version > k_version_newest)
        throw Error(ErrorCode::invalid, "hold_version " + std::to_string(options.hold_version) +
                                            " is unknown to this library; it knows " +
                                            std::to_string(k_version_oldest) + " to " +
                                            std::to_string(k_version_newest));
    if (options.record_bytes_max < runtime::k_recording_bytes_min)
        throw Error(ErrorCode::invalid, "recordings need a bound of at least a mebibyte");
    auto loaded = std::make_shared<plugin::Registry>();
    for (auto& directory : options.plugin_directories)
        for (auto& refused : take(loaded->load_directory(directory)).refused)
            refused_plugins.push_back(refused.context);
    registry = std::move(loaded);
}

std::shared_ptr<runtime::Node> Cluster::Impl::node() const {
    std::lock_guard guard(mutex);
    return node_now;
}

std::shared_ptr<runtime::Node> Cluster::Impl::running() const {
    auto out = node();
    if (!out) throw Error(ErrorCode::refused, "this node is not started");
    return out;
}

std::shared_ptr<const plugin::Registry> Cluster::Impl::types() const {
    std::lock_guard guard(mutex);
    return registry;
}

void Cluster::Impl::refuse_in_callback(const char* what) const {
    if (auto running = node(); running && running->is_callback_thread())
        throw Error(ErrorCode::refused,
                    std::string(what) + " waits for the callbacks of this node, so it cannot be "
                                        "called in one; call it on another thread");
}

model::ClusterSpec Cluster::Impl::spec() const { return take(running()->spec()); }

void Cluster::Impl::request(engine::RequestBody body, OnDone done) {
    take(running()->request(
        std::move(body), [done = std::move(done)](const Result<std::string>& r) {
            if (!done) return;
            if (r)
                done({true, ErrorCode::invalid, *r});
            else
                done({false, code_of(r.error().code), r.error().context});
        }));
}

/// Nothing in these refers to the handle: a callback that hangs may outlive it.
runtime::NodeEvents Cluster::Impl::make_events() const {
    runtime::NodeEvents e;
    if (options.on_notice)
        e.event = [call = options.on_notice](const Event& event) { call(to_notice(event)); };
    if (options.on_log)
        e.log = [call = options.on_log](std::uint32_t severity, const std::string& text) {
            call(static_cast<int>(severity), text);
        };
    if (options.on_final_action)
        e.node_action = [call = options.on_final_action](model::FinalAction action,
                                                         const std::string& reason) {
            if (action == model::FinalAction::reboot) call(FinalAction::reboot, reason);
            if (action == model::FinalAction::poweroff) call(FinalAction::poweroff, reason);
            if (action == model::FinalAction::stop_node_service)
                call(FinalAction::stop_node_service, reason);
        };
    e.fork = [directory = options.state_directory, self = self](const engine::ForkSaved& fork) {
        return write_fork(directory, self, fork);
    };
    if (options.on_order)
        e.ordered = [call = options.on_order](model::NodeOrder order, const std::string& reason) {
            switch (order) {
                case model::NodeOrder::none: return;
                case model::NodeOrder::stop: return call(ServiceOrder::stop, reason);
                case model::NodeOrder::restart: return call(ServiceOrder::restart, reason);
                case model::NodeOrder::reboot: return call(ServiceOrder::reboot, reason);
                case model::NodeOrder::poweroff: return call(ServiceOrder::poweroff, reason);
            }
        };
    e.stopped = [shared = shared, call = options.on_stopped] {
        {
            std::lock_guard guard(shared->mutex);
            shared->is_stopped = true;
        }
        shared->changed.notify_all();
        if (call) call();
    };
    return e;
}

void Cluster::Impl::start() {
    refuse_in_callback("start");
    std::lock_guard alone(control);
    if (node()) throw Error(ErrorCode::refused, "this node is started already");
    runtime::NodeOptions o;
    o.spec = file_spec;
    o.self = self;
    o.keys = keys;
    o.state_directory = options.state_directory;
    o.run_directory = options.run_directory;
    o.boot = boot;
    o.registry = types();
    o.is_realtime = options.is_realtime;
    o.is_memory_locked = options.is_memory_locked;
    o.is_memory_saved = options.is_memory_saved;
    o.may_reboot = options.may_reboot;
    if (!options.guard.empty()) o.guard = options.guard;
    o.watchdog = {options.watchdog, options.watchdog_timeout, options.watchdog_pretimeout};
    o.is_self_fence_always = options.is_self_fence_always;
    o.workers_max = options.worker_threads_max;
    o.callback_slow = options.callback_slow;
    o.callback_grace = options.callback_grace;
    o.notes = refused_plugins;
    if (options.is_recorded) o.record_directory = options.record_directory;
    o.record_bytes_max = options.record_bytes_max;
    if (options.hold_version != 0) o.version_max = options.hold_version;
    auto fresh = std::make_shared<Shared>();
    {
        std::lock_guard guard(mutex);
        shared = fresh;
    }
    std::shared_ptr<runtime::Node> made = take(runtime::Node::start(std::move(o), make_events()));
    std::lock_guard guard(mutex);
    node_now = std::move(made);
}

void Cluster::Impl::end() {
    std::lock_guard alone(control);
    auto ending = node();
    if (!ending) return;
    {
        std::lock_guard guard(shared->mutex);
        shared->is_ended = true;
    }
    shared->changed.notify_all();
    ending->end();  // its last callbacks may still use the handle
    std::lock_guard guard(mutex);
    node_now.reset();
}

Cluster::Cluster(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Cluster::~Cluster() { impl_->end(); }

void Cluster::register_type(const ha_plugin_factory* factory) {
    std::lock_guard alone(impl_->control);
    if (impl_->node())
        throw Error(ErrorCode::refused, "types are registered before the node is started");
    auto grown = std::make_shared<plugin::Registry>(*impl_->types());
    take(grown->register_type(factory));
    std::lock_guard guard(impl_->mutex);
    impl_->registry = std::move(grown);
}

void Cluster::start() { impl_->start(); }
void Cluster::stop() {
    impl_->refuse_in_callback("stop");
    impl_->end();
}

bool Cluster::leave(std::chrono::nanoseconds timeout, const std::string& reason) {
    impl_->refuse_in_callback("leave");
    std::shared_ptr<Impl::Shared> shared;
    {
        std::lock_guard guard(impl_->mutex);
        shared = impl_->shared;
    }
    take(impl_->running()->leave(reason));
    std::unique_lock guard(shared->mutex);
    shared->changed.wait_for(guard, timeout,
                             [&] { return shared->is_stopped || shared->is_ended; });
    return shared->is_stopped;
}

Status Cluster::status() const { return to_status(take(impl_->running()->status())); }

std::vector<Notice> Cluster::notices(std::uint64_t after, std::size_t count_max,
                                     std::chrono::nanoseconds wait) const {
    std::vector<Notice> out;
    for (auto& event : impl_->running()->event_log()->read(after, count_max, wait)) {
        out.push_back(to_notice(event.event));
        out.back().number = event.number;
        out.back().wall_us = event.wall_us;
    }
    return out;
}

std::vector<SectionStatus> Cluster::checkpoint(const std::string& group) const {
    const auto id = group_id(impl_->spec(), group);
    const auto all = std::move(take(impl_->running()->status()).engine.state.checkpoints);
    std::vector<SectionStatus> out;
    const auto found = all.find(id);
    if (found == all.end()) return out;
    for (const auto& [name, section] : found->second)
        out.push_back({name,
                       section.version.value,
                       to_value(section.epoch),
                       {section.data.begin(), section.data.end()}});
    return out;
}

bool Cluster::epoch_valid(const std::string& group, const EpochValue& epoch) const {
    const auto node = impl_->node();
    return node && node->is_epoch_valid(group, epoch_of(epoch));
}

void Cluster::group_start(const std::string& group, const std::string& node, OnDone done) {
    auto spec = impl_->spec();
    impl_->request(engine::GroupStart{group_id(spec, group), node_id(spec, node)}, std::move(done));
}
void Cluster::group_stop(const std::string& group, OnDone done) {
    impl_->request(engine::GroupStop{group_id(impl_->spec(), group)}, std::move(done));
}
void Cluster::group_move(const std::string& group, const std::string& node, OnDone done,
                         std::chrono::nanoseconds deadline, bool ban) {
    auto spec = impl_->spec();
    impl_->request(engine::GroupMove{group_id(spec, group), node_id(spec, node), deadline, ban},
                   std::move(done));
}
void Cluster::group_failover(const std::string& group, const std::string& node, OnDone done) {
    auto spec = impl_->spec();
    impl_->request(engine::GroupFailover{group_id(spec, group), node_id(spec, node)},
                   std::move(done));
}
void Cluster::group_freeze(const std::string& group, bool on, OnDone done) {
    impl_->request(engine::GroupFreeze{group_id(impl_->spec(), group), on}, std::move(done));
}
void Cluster::resource_start(const std::string& resource, OnDone done) {
    impl_->request(resource_wish(impl_->spec(), resource, false), std::move(done));
}
void Cluster::resource_stop(const std::string& resource, OnDone done) {
    impl_->request(resource_wish(impl_->spec(), resource, true), std::move(done));
}
void Cluster::monitor_inject(const std::string& monitor, bool on, OnDone done,
                             std::chrono::nanoseconds left) {
    impl_->request(engine::MonitorInject{monitor_id(impl_->spec(), monitor), on, left},
                   std::move(done));
}
void Cluster::timeout_ratio(std::uint32_t ratio, std::chrono::nanoseconds left, OnDone done) {
    impl_->request(engine::TimeoutRatio{ratio, left}, std::move(done));
}
void Cluster::reboots_reset(const std::string& node, OnDone done) {
    if (node.empty()) throw_unknown("node", node);
    impl_->request(engine::RebootsReset{node_id(impl_->spec(), node)}, std::move(done));
}
void Cluster::group_restart(const std::string& group, OnDone done) {
    impl_->request(engine::ResourceRestart{group_id(impl_->spec(), group), {}}, std::move(done));
}
void Cluster::group_clear(const std::string& group, const std::string& node, OnDone done) {
    auto spec = impl_->spec();
    impl_->request(engine::GroupClear{group_id(spec, group), node_id(spec, node)}, std::move(done));
}
void Cluster::resource_restart(const std::string& resource, OnDone done) {
    const auto spec = impl_->spec();
    const auto place = resource_place(spec, resource);
    impl_->request(engine::ResourceRestart{place.group->id, place.resource->id}, std::move(done));
}
void Cluster::checkpoint_write(const std::string& group, const std::string& section,
                               const std::string& data, OnDone done,
                               std::optional<std::uint64_t> expected, const EpochValue& epoch) {
    if (section.empty() || section.size() > k_limit_name_bytes)
        throw Error(ErrorCode::invalid, "the name of a section has 1 to " +
                                            std::to_string(k_limit_name_bytes) + " bytes, not " +
                                            std::to_string(section.size()));
    if (data.size() > model::k_limit_section_bytes)
        throw Error(ErrorCode::limit, "a section holds up to " +
                                          std::to_string(model::k_limit_section_bytes) +
                                          " bytes, and this has " + std::to_string(data.size()));
    model::WriteSection write;
    write.group = group_id(impl_->spec(), group);
    write.epoch = epoch_of(epoch);
    write.name = section;
    write.data.assign(data.begin(), data.end());
    write.is_conditional = expected.has_value();
    write.expected = SectionVersion{expected.value_or(0)};
    impl_->request(std::move(write), std::move(done));
}
void Cluster::checkpoint_erase(const std::string& group, const std::string& section, OnDone done,
                               const EpochValue& epoch) {
    impl_->request(model::EraseSection{group_id(impl_->spec(), group), epoch_of(epoch), section},
                   std::move(done));
}
void Cluster::node_maintenance(const std::string& node, bool on, OnDone done) {
    node_mode(node, on ? "maintenance" : "in_service", {}, std::move(done));
}
void Cluster::node_mode(const std::string& node, const std::string& mode,
                        const std::string& reason, OnDone done) {
    if (node.empty()) throw_unknown("node", node);
    const auto id = node_id(impl_->spec(), node);
    using model::NodeMode;
    for (const auto one : {NodeMode::in_service, NodeMode::maintenance, NodeMode::standby,
                           NodeMode::isolated})
        if (mode == model::to_string(one))
            return impl_->request(engine::SetNodeMode{id, one, reason}, std::move(done));
    throw Error(ErrorCode::invalid, "there is no mode '" + mode +
                                        "'; it is in_service, maintenance, standby or isolated");
}
void Cluster::node_fence(const std::string& node, OnDone done) {
    if (node.empty()) throw_unknown("node", node);
    impl_->request(engine::NodeFence{node_id(impl_->spec(), node)}, std::move(done));
}
void Cluster::node_confirm_off(const std::string& node, std::uint64_t start, OnDone done) {
    if (node.empty()) throw_unknown("node", node);
    impl_->request(engine::NodeConfirmOff{node_id(impl_->spec(), node), StartNumber{start}},
                   std::move(done));
}
void Cluster::monitor_pause(const std::string& monitor, bool paused, OnDone done,
                            std::chrono::nanoseconds left) {
    impl_->request(engine::MonitorPause{monitor_id(impl_->spec(), monitor), paused, left},
                   std::move(done));
}

namespace {

/// As the request with the same name; what is not known by name is thrown as not_found.
engine::RequestBody body_of(const model::ClusterSpec& spec, const Operation& operation) {
    const auto group = [&] { return group_id(spec, operation.object); };
    const auto node = node_id(spec, operation.node);
    const auto& verb = operation.verb;
    if (verb == "group_start") return engine::GroupStart{group(), node};
    if (verb == "group_stop") return engine::GroupStop{group()};
    if (verb == "group_move") return engine::GroupMove{group(), node, {}, false};
    if (verb == "group_failover") return engine::GroupFailover{group(), node};
    if (verb == "group_restart") return engine::ResourceRestart{group(), {}};
    if (verb == "group_freeze") return engine::GroupFreeze{group(), true};
    if (verb == "group_thaw") return engine::GroupFreeze{group(), false};
    if (verb == "resource_start") return resource_wish(spec, operation.object, false);
    if (verb == "resource_stop") return resource_wish(spec, operation.object, true);
    if (verb == "resource_restart") {
        const auto place = resource_place(spec, operation.object);
        return engine::ResourceRestart{place.group->id, place.resource->id};
    }
    throw Error(ErrorCode::invalid, "there is no operation '" + verb + "' to be rehearsed");
}

}  // namespace

Rehearsal Cluster::rehearse(const Operation& operation) const {
    return rehearse_on(take(impl_->running()->status()).engine,
                       body_of(impl_->spec(), operation));
}
void Cluster::config_apply(const std::string& text, const std::string& name,
                           const ApplyOptions& how, OnDone done) {
    constexpr Duration k_trial_min = 1s, k_trial_max = std::chrono::hours(24 * 7);
    if (how.confirm_within.count() != 0 &&
        (how.confirm_within < k_trial_min || how.confirm_within > k_trial_max))
        throw Error(ErrorCode::invalid, "a configuration can be on trial for 1 s to 7 d");
    const auto in_force = impl_->spec();
    auto spec = take(config::load_spec(
        text, {.file = name, .types = catalog_of(impl_->types()), .previous = &in_force}));
    if (spec.revision && spec.revision != in_force.revision)
        throw Error(ErrorCode::refused,
                    name + " was made from revision " + std::to_string(spec.revision.value) +
                        " of the configuration, and " + std::to_string(in_force.revision.value) +
                        " is in force; begin again with what is in force");
    spec.revision = in_force.revision;
    impl_->request(engine::SpecApply{std::move(spec), how.confirm_within, how.may_stop_groups},
                   std::move(done));
}
void Cluster::config_confirm(OnDone done) {
    impl_->request(engine::SpecConfirm{}, std::move(done));
}
void Cluster::config_revert(OnDone done) {
    impl_->request(engine::SpecRevert{}, std::move(done));
}
void Cluster::service_order(const std::string& node, ServiceOrder order, bool may_lose_quorum,
                            OnDone done) {
    constexpr model::NodeOrder k_orders[] = {model::NodeOrder::stop, model::NodeOrder::restart,
                                             model::NodeOrder::reboot, model::NodeOrder::poweroff};
    impl_->request(engine::ServiceOrder{node_id(impl_->spec(), node),
                                        k_orders[static_cast<std::size_t>(order)], impl_->self,
                                        may_lose_quorum,
                                        "asked for on node " + impl_->options.node},
                   std::move(done));
}
void Cluster::cluster_suspend(bool on, OnDone done) {
    impl_->request(engine::ClusterSuspend{on}, std::move(done));
}
void Cluster::cluster_init(OnDone done) {
    impl_->request(engine::ClusterInit{}, std::move(done));
}
void Cluster::witness_renew(OnDone done) {
    impl_->request(engine::RenewWitness{}, std::move(done));
}

void Cluster::cluster_go_alone(const std::string& without, OnDone done) {
    if (without.empty()) throw_unknown("node", without);
    impl_->request(engine::GoAlone{node_id(impl_->spec(), without)}, std::move(done));
}
void Cluster::cluster_recover(const std::vector<std::string>& off, OnDone done) {
    engine::RecoverAlone body;
    const auto spec = impl_->spec();
    for (const auto& node : off) {
        if (node.empty()) throw_unknown("node", node);
        const auto number = model::find_node(spec, node) == nullptr ? parse_number(node)
                                                                     : std::nullopt;
        body.off.push_back(number ? NodeId{*number} : node_id(spec, node));
    }
    impl_->request(std::move(body), std::move(done));
}

Outcome Cluster::wait(const std::function<void(OnDone)>& request,
                      std::chrono::nanoseconds timeout) {
    struct Shared {
        std::mutex mutex;
        std::condition_variable changed;
        std::optional<Outcome> outcome;
    };
    auto shared = std::make_shared<Shared>();  // the answer may come after we have given up
    request([shared](const Outcome& outcome) {
        std::lock_guard guard(shared->mutex);
        shared->outcome = outcome;
        shared->changed.notify_all();
    });
    std::unique_lock guard(shared->mutex);
    if (shared->changed.wait_for(guard, timeout, [&] { return shared->outcome.has_value(); }))
        return *shared->outcome;
    return {false, ErrorCode::timed_out, "no answer in time; the request may still be carried out"};
}

}  // namespace ha
