// Whole nodes over loopback: engine, sockets, disks and threads together.
#include "runtime/node.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "model/codec.hpp"
#include "runtime/machine.hpp"
#include "runtime/player.hpp"
#include "runtime/store_open.hpp"
#include "support.hpp"

namespace ha::runtime {

using test::k_patience;
using test::Mailbox;
using test::TemporaryDirectory;

static std::string free_address() {
    int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    ::close(fd);
    return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

static model::ClusterSpec two_nodes() {
    model::ClusterSpec spec;
    spec.name = "test";
    auto& t = spec.timing;  // generous: no test may depend on speed
    t.heartbeat_interval = 50ms;
    t.heartbeat_timeout = 5s;
    t.lease = 5s;
    t.sever_bound = 5ms;
    t.engine_stall = 5s;
    t.leave_timeout = 5s;
    spec.interconnects = {{InterconnectId{1}, "lan"}};
    for (std::uint16_t i = 1; i <= 2; i++) {
        model::NodeSpec node;
        node.id = NodeId{i};
        node.name = "node" + std::to_string(i);
        node.rank = i;
        node.addresses[InterconnectId{1}] = free_address();
        spec.nodes.push_back(node);
    }
    return spec;
}

static std::unique_ptr<Node> start_node(const model::ClusterSpec& spec, std::uint16_t number,
                                        const TemporaryDirectory& directory, NodeEvents events,
                                        std::optional<std::string> guard = {}) {
    NodeOptions options;
    options.guard = std::move(guard);
    options.spec = spec;
    options.self = NodeId{number};
    options.keys = parse_keys("1 " + std::string(64, 'a'), "test").value();
    options.state_directory = directory.file("state" + std::to_string(number));
    options.run_directory = directory.file("run" + std::to_string(number));
    options.registry = std::make_shared<plugin::Registry>();
    options.record_directory = directory.file("recordings" + std::to_string(number));
    auto node = Node::start(std::move(options), std::move(events));
    INFO((node ? std::string() : node.error().context));
    REQUIRE(node);
    return std::move(*node);
}

/// Asks again until `is_so`, as often as the patience allows.
template <class Condition>
static void await(Node& node, Condition is_so) {
    auto give_up = now() + std::chrono::duration_cast<Duration>(k_patience);
    for (auto log = node.event_log(); now() < give_up;) {
        auto newest = log->newest();
        auto status = node.status();
        REQUIRE(status);
        if (is_so(*status)) return;
        log->read(newest, 1, 50ms);
    }
    FAIL("it did not come about");
}

TEST_CASE("two nodes found a cluster, hold leases, answer requests, and go on after a restart") {
    TemporaryDirectory directory;
    auto spec = two_nodes();
    auto a = start_node(spec, 1, directory, {});
    auto b = start_node(spec, 2, directory, {});
    auto is_ready = [](const NodeStatus& s) {
        return s.engine.cluster && s.engine.is_lease_held && s.engine.leader;
    };
    await(*a, is_ready);
    await(*b, is_ready);
    auto cluster = a->status()->engine.cluster;
    CHECK(b->status()->engine.cluster == cluster);

    Mailbox<Result<std::string>> answers;
    b->request(engine::SetNodeMode{NodeId{1}, model::NodeMode::maintenance, {}},
               [&](auto r) { answers.put(r); });
    CHECK(answers.take().has_value());
    b->request(engine::GroupStop{GroupId{77}}, [&](auto r) { answers.put(r); });
    CHECK(!answers.take());
    const auto stories = b->journal(GroupId{77}, 5);
    REQUIRE(stories.has_value());
    CHECK(stories->empty());

    a.reset();
    Mailbox<int> stopped;
    a = start_node(spec, 1, directory, {.stopped = [&] { stopped.put(1); }});
    await(*a, is_ready);
    CHECK(a->status()->engine.cluster == cluster);
    a->leave("the test is over");
    stopped.take();
}

/// Writes a program of /bin/sh that may be run.
static void write_script(const std::string& path, const std::string& text) {
    std::ofstream(path) << "#!/bin/sh\n" << text << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
}

TEST_CASE("a guard that cannot be started is tried ever more seldom") {
    TemporaryDirectory directory;
    const auto guard = directory.file("guard"), log = directory.file("tries");
    write_script(guard, "cut -d ' ' -f 1 /proc/uptime >>" + log + "; exit 1");
    const auto tries = [&] {
        std::ifstream lines(log);
        return std::vector<double>(std::istream_iterator<double>(lines), {});
    };
    auto node = start_node(two_nodes(), 1, directory, {}, guard);
    await(*node, [&](const NodeStatus&) { return tries().size() >= 4; });
    const auto at = tries();  // at the start, as soon as it is missed, and then after 1 s, 2 s, ...
    CHECK(at[2] - at[1] > 0.98);
    CHECK(at[3] - at[2] > 1.98);
}

/// What is said of a node that starts with this document in its store; the store is as it was.
static std::string refusal_of(const model::ClusterSpec& spec, const Bytes& document) {
    TemporaryDirectory directory;
    NodeOptions options;
    options.spec = spec;
    options.self = NodeId{1};
    options.keys = parse_keys("1 " + std::string(64, 'a'), "test").value();
    options.state_directory = directory.file("state");
    options.run_directory = directory.file("run");
    options.registry = std::make_shared<plugin::Registry>();
    wire::StoreState store;
    store.store.bytes[0] = store.cluster.bytes[0] = 1;
    store.start = StartNumber{7};
    store.counter = 1;
    store.snapshot.index = store.snapshot.voters_index = LogIndex{1};
    store.snapshot.term = Term{1};
    store.snapshot.voters = {{NodeId{1}, store.store}};
    store.snapshot.document = document;
    const auto image = wire::encode_store(store);
    const auto path = options.state_directory + "/store";
    REQUIRE(make_directories(options.state_directory));
    REQUIRE(make_store_file(path)->replace(image, image.size()));
    auto node = Node::start(options, {});
    REQUIRE(!node);
    const auto after = read_file(path, k_limit_store_bytes);
    REQUIRE(after);
    CHECK(*after == image);
    CHECK_FALSE(read_file(options.state_directory + "/start", 64));
    return node.error().context;
}

TEST_CASE("F23: a document that cannot be read is refused for that, before a start is counted") {
    const auto spec = two_nodes();
    const auto whole = model::encode(model::initial_state(spec));
    const auto has = [](const std::string& text, const std::string& part) {
        INFO(text);
        return text.find(part) != std::string::npos;
    };
    auto newer = whole;
    newer[1] = k_version_newest + 1;  // behind the kind
    CHECK(has(refusal_of(spec, newer), "Start software that knows this version"));
    auto cut = whole;
    cut.pop_back();
    CHECK(has(refusal_of(spec, cut), "is truncated, too long, out of order or beyond a limit"));
    CHECK(has(refusal_of(spec, cut), "this node joins the others anew"));
    CHECK_FALSE(has(refusal_of(spec, cut), "Start software"));
}

TEST_CASE("a callback that blocks for long delays no heartbeat, and is told of by name") {
    TemporaryDirectory directory;
    auto spec = two_nodes();
    auto door = std::make_shared<test::Door>();
    auto a = start_node(spec, 1, directory, {.event = [door](const Event&) { door->pass(); }});
    auto b = start_node(spec, 2, directory, {});
    await(*b, [](const NodeStatus& s) { return s.engine.is_lease_held && s.engine.leader; });
    await(*a, [&](const NodeStatus& s) {
        for (auto& e : a->event_log()->read(0, SIZE_MAX))
            if (e.event.kind == EventKind::callback_slow) return s.callback_running == "on_notice";
        return false;
    });
    door->open();
}

TEST_CASE("cluster.md 9: what two nodes recorded replays to its end, and holds no key (F17)") {
    TemporaryDirectory directory;
    const auto spec = two_nodes();
    {
        auto a = start_node(spec, 1, directory, {});
        Mailbox<int> stopped;
        auto b = start_node(spec, 2, directory, {.stopped = [&] { stopped.put(1); }});
        await(*b, [](const NodeStatus& s) { return s.engine.is_lease_held && s.engine.leader; });
        CHECK(b->status()->recorder.is_recording);
        Mailbox<Result<std::string>> answers;
        b->request(engine::SetNodeMode{NodeId{1}, model::NodeMode::maintenance, {}},
                   [&](auto r) { answers.put(r); });
        CHECK(answers.take().has_value());
        b->leave("the test is over");
        stopped.take();
    }
    const Bytes key(12, 0xaa);  // a part of the cluster's
    for (const std::uint16_t number : {1, 2}) {
        const auto found = find_recordings(directory.file("recordings" + std::to_string(number)));
        REQUIRE(found.size() == 1);
        auto player = Player::open(found.front()).value();
        std::size_t maintenance = 0;
        while (player->next_at()) {
            const auto step = player->step();
            REQUIRE(step.has_value());
            REQUIRE_MESSAGE(step->is_same, (step->recorded + " / " + step->replayed));
            for (const auto& answer : step->actions.answers)
                maintenance += answer.result.has_value();
        }
        CHECK(player->stopped().empty());
        CHECK_FALSE(player->reader().is_cut_off());
        CHECK(player->reader().end() ==
              (number == 1 ? "the node was stopped" : "the node left the cluster"));
        CHECK(maintenance == (number == 1 ? 0 : 1));
        CHECK(player->replay().engine().state().nodes.at(NodeId{1}).mode ==
              model::NodeMode::maintenance);
        auto reader = RecordingReader::open(found.front()).value();
        while (const auto record = reader->next())
            CHECK(std::search(record->begin(), record->end(), key.begin(), key.end()) ==
                  record->end());
    }
}

}  // namespace ha::runtime
