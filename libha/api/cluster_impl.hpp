// Insides of a cluster handle.
#pragma once

#include <condition_variable>
#include <mutex>

#include "ha/cluster.hpp"
#include "runtime/node.hpp"

namespace ha {

struct Cluster::Impl {
    explicit Impl(Options o);

    void start();
    /// The running node; throws when there is none.
    runtime::Node& running() const;
    model::ClusterSpec spec() const;
    void request(engine::RequestBody body, OnDone done);

    Options options;
    model::ClusterSpec file_spec;
    NodeId self;
    runtime::Keys keys;
    std::optional<BootId> boot;
    std::shared_ptr<plugin::Registry> registry = std::make_shared<plugin::Registry>();
    std::vector<std::string> refused_plugins;
    std::unique_ptr<runtime::Node> node;

    std::mutex mutex;
    std::condition_variable changed;
    bool is_stopped = false;  ///< leaving is complete
};

[[noreturn]] void throw_failure(const Failure& failure);
Notice to_notice(const Event& event);
/// Names in place of numbers.
Status to_status(const runtime::NodeStatus& status);
std::vector<Decision> to_decisions(const model::ClusterSpec& spec,
                                   const std::vector<engine::JournalStory>& stories);

}  // namespace ha
