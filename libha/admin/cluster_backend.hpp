// Backend over a cluster handle.
#pragma once

#include "admin/backend.hpp"

namespace ha::admin {

class ClusterBackend final : public Backend {
   public:
    /// `cluster` outlives this.
    explicit ClusterBackend(Cluster& cluster) : cluster_(cluster) {}

    Status status() const override { return cluster_.status(); }
    std::vector<Notice> notices(std::uint64_t after, std::size_t count_max) const override {
        return cluster_.notices(after, count_max);
    }
    void group_start(const std::string& group, const std::string& node, OnDone done) override {
        cluster_.group_start(group, node, std::move(done));
    }
    void group_stop(const std::string& group, OnDone done) override {
        cluster_.group_stop(group, std::move(done));
    }
    void group_move(const std::string& group, const std::string& node, bool ban,
                    OnDone done) override {
        cluster_.group_move(group, node, std::move(done), ban);
    }
    void group_restart(const std::string& group, OnDone done) override {
        cluster_.group_restart(group, std::move(done));
    }
    void group_clear(const std::string& group, const std::string& node, OnDone done) override {
        cluster_.group_clear(group, node, std::move(done));
    }
    void resource_restart(const std::string& resource, OnDone done) override {
        cluster_.resource_restart(resource, std::move(done));
    }
    void node_mode(const std::string& node, const std::string& mode, const std::string& reason,
                   OnDone done) override {
        cluster_.node_mode(node, mode, reason, std::move(done));
    }
    void monitor_pause(const std::string& monitor, bool paused, OnDone done) override {
        cluster_.monitor_pause(monitor, paused, std::move(done));
    }
    void config_apply(const std::string& text, const std::string& name, OnDone done) override {
        cluster_.config_apply(text, name, std::move(done));
    }
    void cluster_init(OnDone done) override { cluster_.cluster_init(std::move(done)); }

    std::string config_text() const override { return cluster_.config_text(); }
    ConfigReport config_check(const std::string& text, const std::string& name) const override {
        return cluster_.config_check(text, name);
    }
    Explanation explain(const std::string& group) const override { return cluster_.explain(group); }
    std::vector<Explanation> simulate(const std::vector<Supposed>& events) const override {
        return cluster_.simulate(events);
    }

   private:
    Cluster& cluster_;
};

}  // namespace ha::admin
