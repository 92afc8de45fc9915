// Insides of a cluster handle.
#pragma once

#include <condition_variable>
#include <mutex>

#include "ha/cluster.hpp"
#include "config/catalog.hpp"
#include "runtime/node.hpp"

namespace ha {

struct Cluster::Impl {
    explicit Impl(Options o);

    void start();
    void end();
    /// Null when none runs. Whoever holds it may go on to use it while another thread ends it.
    std::shared_ptr<runtime::Node> node() const;
    /// The running node; throws when there is none.
    std::shared_ptr<runtime::Node> running() const;
    std::shared_ptr<const plugin::Registry> types() const;
    /// Throws on the callback thread, which would wait for itself.
    void refuse_in_callback(const char* what) const;
    model::ClusterSpec spec() const;
    void request(engine::RequestBody body, OnDone done);
    runtime::NodeEvents make_events() const;

    /// What callbacks that come late may still use.
    struct Shared {
        std::mutex mutex;
        std::condition_variable changed;
        bool is_stopped = false;  ///< leaving is complete
        bool is_ended = false;    ///< or will never be
    };

    Options options;
    model::ClusterSpec file_spec;
    NodeId self;
    runtime::Keys keys;
    std::optional<BootId> boot;
    std::vector<std::string> refused_plugins;

    std::mutex control;           ///< one thread at a time starts and ends the node
    mutable std::mutex mutex;     ///< of what follows
    std::shared_ptr<runtime::Node> node_now;
    std::shared_ptr<Shared> shared;
    /// Never changed once it is in here: calls that hang may use it for as long as they do.
    std::shared_ptr<const plugin::Registry> registry;
};

[[noreturn]] void throw_failure(const Failure& failure);
Notice to_notice(const Event& event);
EpochValue to_value(const Epoch& epoch);
/// On a copy of what is known: nothing is changed.
Rehearsal rehearse_on(const engine::EngineStatus& status, const engine::RequestBody& body);
/// Names in place of numbers.
Status to_status(const runtime::NodeStatus& status);
/// What a configuration promises about its groups, and what `node` (may be null) has measured.
std::vector<GroupSafety> to_safety(const std::shared_ptr<runtime::Node>& node,
                                   const model::ClusterSpec& spec,
                                   const config::TypeCatalog& types);
/// `offset`: what the wall clock shows when the boot clock is zero.
std::vector<Decision> to_decisions(const model::ClusterSpec& spec,
                                   const std::vector<engine::JournalStory>& stories,
                                   Duration offset);
/// Of this machine, now.
Duration clock_offset();
Explanation explanation_of(const engine::EngineStatus& status, const engine::Journal& journal,
                           GroupId group, Duration offset);

}  // namespace ha
