// The application that a group stands for, as far as it has a checkpoint: it counts up in a section
// while it runs, and what was acknowledged must be there wherever it starts next.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "engine/engine.hpp"

namespace ha::sim {

class Application {
 public:
    /// The next write of this activation; none while the one before it is not answered. It builds
    /// on the version that this node knows, so a late one never undoes a later one.
    std::optional<model::WriteSection> next_write(const engine::Engine& engine, NodeId node,
                                                  GroupId group, const Epoch& epoch);
    void asked(NodeId node, RequestId request);
    void answered(NodeId node, RequestId request, bool is_ok);
    /// The daemon has ended: nobody waits for its answers any more.
    /// Of what was acknowledged, what this one does not know is lost: its majority is gone (D4).
    void recovered(const engine::Engine& engine);
    void forget(NodeId node);

    /// Checked when a resource of the group is started there.
    std::string started(const engine::Engine& engine, GroupId group) const;
    /// Checked when a write is answered: whoever has the answer reads what it wrote.
    std::string read_back(const engine::Engine& engine, NodeId node, RequestId request) const;

    std::uint64_t acknowledged() const { return acknowledged_count_; }

 private:
    struct Write {
        GroupId group;
        std::uint64_t value = 0;
        RequestId request;
    };
    std::uint64_t newest_ = 0;
    std::uint64_t acknowledged_count_ = 0;
    std::map<std::pair<NodeId, GroupId>, Write> under_way_;
    std::map<GroupId, std::uint64_t> acknowledged_;
    std::pair<NodeId, GroupId> being_asked_;
};

}  // namespace ha::sim
