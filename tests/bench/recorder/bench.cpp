// bench-recorder: what the flight recorder costs an idle cluster of three nodes, at the default
// times, over two interconnects: processor time of a step without and with it, of an image, and
// bytes an hour. Engines under virtual time, one of them recorded; cryptography is OpenSSL's.
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>

#include "clock.hpp"
#include "engine/recording.hpp"
#include "runtime/crypto_openssl.hpp"
#include "runtime/recording_file.hpp"

using namespace ha;

namespace {

constexpr Duration k_length = 600s;
constexpr std::uint16_t k_nodes = 3;
constexpr std::uint32_t k_groups = 4;

model::ClusterSpec make_spec() {
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
    for (std::uint16_t n = 1; n <= k_nodes; n++) {
        model::NodeSpec node;
        node.id = NodeId{n};
        node.name = "node" + std::to_string(n);
        node.rank = n - 1u;
        for (std::uint16_t i = 1; i <= 2; i++)
            node.addresses[InterconnectId{i}] = "10.0." + std::to_string(i) + ".1:29002";
        spec.nodes.push_back(node);
    }
    for (std::uint32_t g = 1; g <= k_groups; g++) {
        model::GroupSpec group;
        group.id = GroupId{g};
        group.name = "group" + std::to_string(g);
        for (std::uint16_t n = 1; n <= k_nodes; n++) group.policy.push_back(NodeId{n});
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

struct World {
    sim::Queue queue;
    Random random{seed_from(1)};
    std::unique_ptr<runtime::OpensslCrypto> crypto[k_nodes];
    std::unique_ptr<engine::Engine> engines[k_nodes];
    std::uint64_t timers[k_nodes] = {};
    std::unique_ptr<engine::RunRecorder> recorder;
    Bytes waiting;
    std::unique_ptr<runtime::RecordingWriter> writer;
    std::uint64_t steps = 0, plain = 0;
    std::clock_t spent = 0;

    void start(std::uint16_t n, bool is_recorded);
    void step(std::uint16_t n, const engine::Input& input);
    void carry_out(std::uint16_t n, const engine::Actions& actions);
    void flush();
    void run(Duration length);
};

void World::start(std::uint16_t n, bool is_recorded) {
    engine::Start start;
    start.self = NodeId{static_cast<std::uint16_t>(n + 1)};
    start.spec = make_spec();
    start.store.store.bytes[0] = static_cast<std::uint8_t>(n + 1);
    start.store.start = StartNumber{1};
    start.boot.bytes[0] = static_cast<std::uint8_t>(n + 1);
    start.seed = seed_from(n);
    start.keys = {{1, wire::Key{}}};
    start.key_in_use = 1;
    crypto[n] = std::move(*runtime::OpensslCrypto::make());
    if (is_recorded) recorder = std::make_unique<engine::RunRecorder>(*crypto[n]);
    engines[n] = std::make_unique<engine::Engine>(
        queue.now(), start, is_recorded ? recorder->crypto() : *crypto[n]);
    if (is_recorded) runtime::put_record(waiting, recorder->begin(queue.now(), start));
    step(n, engine::Tick{});
}

void World::step(std::uint16_t n, const engine::Input& input) {
    const auto begun = std::clock();
    auto actions = engines[n]->step(queue.now(), input);
    if (n == 0) {
        if (recorder) {
            const auto& record = recorder->step(queue.now(), input, actions);
            plain += record.size();
            runtime::put_record(waiting, record);
        }
        spent += std::clock() - begun;
        steps++;
    }
    carry_out(n, actions);
}

void World::carry_out(std::uint16_t n, const engine::Actions& actions) {
    // Times are noisy, as real ones are; else they would compress too well.
    const auto later = [&](std::uint16_t to, Duration delay, engine::Input input) {
        queue.after(delay + random.up_to(200us),
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
    const auto timer = ++timers[n];
    if (actions.next_deadline == Instant::max()) return;
    queue.at(actions.next_deadline + random.up_to(100us), [this, n, timer] {
        if (timers[n] == timer) step(n, engine::Tick{});
    });
}

void World::flush() {
    if (writer && !waiting.empty()) static_cast<void>(writer->write(waiting).has_value());
    waiting.clear();
}

void World::run(Duration length) {
    const auto end = queue.now() + length;
    for (auto next = queue.now(); next < end; next = next + 250ms) {
        while (queue.run_next(next)) {
        }
        flush();
    }
}

void print(const char* name, double value, const char* unit) {
    std::printf("%-44s %12.2f %s\n", name, value, unit);
}

double microseconds(std::clock_t ticks, std::uint64_t count) {
    return static_cast<double>(ticks) * 1e6 / CLOCKS_PER_SEC / static_cast<double>(count);
}

double measure(bool is_recorded) {
    World world;
    const auto path = std::filesystem::temp_directory_path() / "bench-recorder.harec";
    std::filesystem::remove(path);
    if (is_recorded) {
        runtime::RecordingHeader header;
        world.writer = std::move(*runtime::RecordingWriter::make(path.string(), header));
    }
    for (std::uint16_t n = 0; n < k_nodes; n++) world.start(n, is_recorded && n == 0);
    world.run(20s);  // founded, started, calm
    world.steps = world.plain = 0;
    world.spent = 0;
    const auto size = world.writer ? world.writer->size() : 0;
    world.run(k_length);
    const auto per_step = microseconds(world.spent, world.steps);
    print(is_recorded ? "a step with the recorder" : "a step without it", per_step, "us");
    if (!is_recorded) return per_step;
    const auto hours = static_cast<double>(k_length.count()) / 3600e9;
    const auto bytes = static_cast<double>(world.writer->size() - size);
    print("steps a second", static_cast<double>(world.steps) / (hours * 3600), "");
    print("a step before compression",
          static_cast<double>(world.plain) / static_cast<double>(world.steps), "bytes");
    print("a step in the file", bytes / static_cast<double>(world.steps), "bytes");
    print("an hour of an idle node", bytes / hours / (1 << 20), "MiB");
    print("the default ring of 64 MiB holds", 64.0 * (1 << 20) / (bytes / hours), "hours");
    const auto begun = std::clock();
    std::size_t image = 0;
    for (int i = 0; i < 50; i++) image = world.recorder->image(*world.engines[0]).size();
    print("an image", microseconds(std::clock() - begun, 50), "us");
    print("an image before compression", static_cast<double>(image) / 1024, "KiB");
    std::filesystem::remove(path);
    return per_step;
}

}  // namespace

int main() {
    const auto without = measure(false);
    const auto with = measure(true);
    print("the recorder adds to a step", with - without, "us");
    return 0;
}
