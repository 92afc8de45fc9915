// A small sorted set of nodes: at most k_limit_nodes, so a sorted vector is the right shape.
#pragma once

#include <algorithm>
#include <vector>

#include "base/ids.hpp"
#include "base/reflect.hpp"

namespace ha {

class NodeSet {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(nodes_);
    }

    NodeSet() = default;
    NodeSet(std::initializer_list<NodeId> nodes) {
        for (auto n : nodes) insert(n);
    }
    explicit NodeSet(const std::vector<NodeId>& nodes) {
        nodes_.reserve(nodes.size());
        for (auto n : nodes) insert(n);
    }

    void insert(NodeId node) {
        auto at = std::lower_bound(nodes_.begin(), nodes_.end(), node);
        if (at == nodes_.end() || *at != node) nodes_.insert(at, node);
    }
    void erase(NodeId node) {
        auto at = std::lower_bound(nodes_.begin(), nodes_.end(), node);
        if (at != nodes_.end() && *at == node) nodes_.erase(at);
    }
    bool contains(NodeId node) const {
        return std::binary_search(nodes_.begin(), nodes_.end(), node);
    }
    std::size_t size() const { return nodes_.size(); }
    bool empty() const { return nodes_.empty(); }
    auto begin() const { return nodes_.begin(); }
    auto end() const { return nodes_.end(); }
    const std::vector<NodeId>& nodes() const { return nodes_; }
    bool operator==(const NodeSet&) const = default;

   private:
    std::vector<NodeId> nodes_;
};

}  // namespace ha
