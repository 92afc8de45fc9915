// Engines of a cluster under virtual time, for benchmarks.
#include "engines.hpp"

#include <algorithm>

namespace ha::bench {

model::ClusterSpec spec_of(Size size) {
    model::ClusterSpec spec;
    spec.name = "bench";
    auto& t = spec.timing;
    t.heartbeat_interval = 100ms;
    t.heartbeat_timeout = 500ms;
    t.lease = 500ms;
    t.sever_bound = 5ms;
    t.engine_stall = 500ms;
    t.leave_timeout = 5s;
    t.startup_wait = 5s;
    t.drift_ppm = 500;
    spec.interconnects = {{InterconnectId{1}, "lan"}, {InterconnectId{2}, "cross"}};
    for (std::uint16_t n = 1; n <= size.nodes; n++) {
        model::NodeSpec node;
        node.id = NodeId{n};
        node.name = "node" + std::to_string(n);
        node.rank = n - 1u;
        for (std::uint16_t i = 1; i <= 2; i++)
            node.addresses[InterconnectId{i}] =
                "10.0." + std::to_string(i) + "." + std::to_string(n) + ":29002";
        spec.nodes.push_back(node);
    }
    for (std::uint32_t g = 1; g <= size.groups; g++) {
        model::GroupSpec group;
        group.id = GroupId{g};
        group.name = "group" + std::to_string(g);
        for (std::uint16_t n = 0; n < size.nodes; n++)
            group.policy.push_back(NodeId{static_cast<std::uint16_t>((g + n) % size.nodes + 1)});
        model::ResourceSpec resource;
        resource.id = ResourceId{g};
        resource.name = "service" + std::to_string(g);
        resource.type = "bench";
        resource.start = {10s, 0, model::FinalAction::failover};
        resource.stop = {10s, 0, model::FinalAction::none};
        resource.probe_timeout = 5s;
        group.resources.push_back(resource);
        spec.groups.push_back(group);
    }
    return spec;
}

Engines::Engines(Size size) : size_(size) { nodes.resize(size.nodes); }

void Engines::start_all() {
    for (std::uint16_t n = 0; n < nodes.size(); n++) start(n);
}

void Engines::start(std::uint16_t n) {
    engine::Start start;
    start.self = NodeId{static_cast<std::uint16_t>(n + 1)};
    start.spec = spec_of(size_);
    start.store.store.bytes[0] = static_cast<std::uint8_t>(n + 1);
    start.store.start = StartNumber{1};
    start.boot.bytes[0] = static_cast<std::uint8_t>(n + 1);
    start.seed = seed_from(n);
    start.keys = {{1, wire::Key{}}};
    start.key_in_use = 1;
    auto& node = nodes[n];
    node.crypto = std::move(*runtime::OpensslCrypto::make());
    wire::Crypto* crypto = node.crypto.get();
    if (n == 0 && wrap_crypto) crypto = &wrap_crypto(*crypto);
    node.engine = std::make_unique<engine::Engine>(queue.now(), start, *crypto);
    if (n == 0 && on_start) on_start(queue.now(), start);
    step(n, engine::Tick{});
}

void Engines::step(std::uint16_t n, const engine::Input& input) {
    auto& node = nodes[n];
    if (!node.engine) return;
    const auto begun = std::clock();
    auto actions = node.engine->step(queue.now(), input);
    if (n == 0 && on_step) on_step(queue.now(), input, actions);
    const auto took = std::clock() - begun;
    node.spent += took;
    node.longest = std::max(node.longest, took);
    node.steps++;
    carry_out(n, actions);
}

void Engines::carry_out(std::uint16_t n, const engine::Actions& actions) {
    // Times are noisy, as real ones are; else a recording would compress too well.
    const auto later = [&](std::uint16_t to, Duration delay, engine::Input input) {
        queue.after(delay + random_.up_to(200us),
                    [this, to, input = std::move(input)] { step(to, input); });
    };
    for (const auto& persist : actions.persist) later(n, 1ms, engine::Persisted{persist.seq});
    for (const auto& datagram : actions.datagrams)
        later(static_cast<std::uint16_t>(datagram.to.value - 1), 100us,
              engine::DatagramReceived{datagram.interconnect, datagram.bytes});
    for (const auto& call : actions.calls)
        if (const auto* operation = std::get_if<lifecycle::StartOperation>(&call))
            later(n, 10ms,
                  lifecycle::OperationReport{operation->id, lifecycle::Outcome::ok,
                                             operation->kind == lifecycle::OperationKind::start
                                                 ? lifecycle::ResourceStatus::online
                                                 : lifecycle::ResourceStatus::offline,
                                             ""});
    const auto timer = ++nodes[n].timer;
    if (actions.next_deadline == Instant::max()) return;
    queue.at(actions.next_deadline + random_.up_to(100us), [this, n, timer] {
        if (nodes[n].timer == timer) step(n, engine::Tick{});
    });
}

void Engines::run(Duration length, const std::function<void()>& every_250_ms) {
    const auto end = queue.now() + length;
    while (queue.now() < end) {
        const auto next = std::min(queue.now() + Duration{250ms}, end);
        while (queue.run_next(next)) {
        }
        if (every_250_ms) every_250_ms();
    }
}

void Engines::switch_off(std::size_t n) { nodes[n].engine.reset(); }

void Engines::reset_counts() {
    for (auto& node : nodes) node.steps = 0, node.spent = node.longest = 0;
}

}  // namespace ha::bench
