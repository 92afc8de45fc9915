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
    void group_move(const std::string& group, const std::string& node,
                    std::chrono::nanoseconds deadline, bool ban, OnDone done) override {
        cluster_.group_move(group, node, std::move(done), deadline, ban);
    }
    void group_failover(const std::string& group, const std::string& node,
                        OnDone done) override {
        cluster_.group_failover(group, node, std::move(done));
    }
    void group_freeze(const std::string& group, bool on, OnDone done) override {
        cluster_.group_freeze(group, on, std::move(done));
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
    void resource_start(const std::string& resource, OnDone done) override {
        cluster_.resource_start(resource, std::move(done));
    }
    void resource_stop(const std::string& resource, OnDone done) override {
        cluster_.resource_stop(resource, std::move(done));
    }
    void node_mode(const std::string& node, const std::string& mode, const std::string& reason,
                   OnDone done) override {
        cluster_.node_mode(node, mode, reason, std::move(done));
    }
    void node_fence(const std::string& node, OnDone done) override {
        cluster_.node_fence(node, std::move(done));
    }
    void node_confirm_off(const std::string& node, std::uint64_t start, OnDone done) override {
        cluster_.node_confirm_off(node, start, std::move(done));
    }
    void monitor_pause(const std::string& monitor, bool paused, std::chrono::nanoseconds left,
                       OnDone done) override {
        cluster_.monitor_pause(monitor, paused, std::move(done), left);
    }
    void monitor_inject(const std::string& monitor, bool on, std::chrono::nanoseconds left,
                        OnDone done) override {
        cluster_.monitor_inject(monitor, on, std::move(done), left);
    }
    void timeout_ratio(std::uint32_t ratio, std::chrono::nanoseconds left,
                       OnDone done) override {
        cluster_.timeout_ratio(ratio, left, std::move(done));
    }
    void reboots_reset(const std::string& node, OnDone done) override {
        cluster_.reboots_reset(node, std::move(done));
    }
    void config_apply(const std::string& text, const std::string& name, const ApplyOptions& how,
                      OnDone done) override {
        cluster_.config_apply(text, name, how, std::move(done));
    }
    void config_confirm(OnDone done) override { cluster_.config_confirm(std::move(done)); }
    void config_revert(OnDone done) override { cluster_.config_revert(std::move(done)); }
    void service_order(const std::string& node, ServiceOrder order, bool may_lose_quorum,
                       OnDone done) override {
        cluster_.service_order(node, order, may_lose_quorum, std::move(done));
    }
    void cluster_suspend(bool on, OnDone done) override {
        cluster_.cluster_suspend(on, std::move(done));
    }
    void cluster_init(OnDone done) override { cluster_.cluster_init(std::move(done)); }
    void cluster_go_alone(const std::string& without, OnDone done) override {
        cluster_.cluster_go_alone(without, std::move(done));
    }
    void cluster_recover(const std::vector<std::string>& off, OnDone done) override {
        cluster_.cluster_recover(off, std::move(done));
    }
    void witness_renew(OnDone done) override { cluster_.witness_renew(std::move(done)); }

    std::string config_text() const override { return cluster_.config_text(); }
    ConfigReport config_check(const std::string& text, const std::string& name) const override {
        return cluster_.config_check(text, name);
    }
    std::vector<GroupSafety> config_safety() const override { return cluster_.config_safety(); }
    Explanation explain(const std::string& group) const override { return cluster_.explain(group); }
    Rehearsal rehearse(const Operation& operation) const override {
        return cluster_.rehearse(operation);
    }
    std::vector<Explanation> simulate(const std::vector<Supposed>& events) const override {
        return cluster_.simulate(events);
    }

   private:
    Cluster& cluster_;
};

}  // namespace ha::admin
