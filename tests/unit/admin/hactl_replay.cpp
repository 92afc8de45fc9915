// hactl replay on files: what it prints, and its exit codes.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/archive.hpp"
#include "context.hpp"
#include "engine/recording.hpp"
#include "runtime/crypto_openssl.hpp"
#include "runtime/player.hpp"

using namespace ha;
using Json = nlohmann::json;

namespace hactl_replay_cases {
namespace {

model::ClusterSpec one_node() {
    model::ClusterSpec spec;
    spec.name = "demo";
    auto& t = spec.timing;
    t.heartbeat_interval = 100ms;
    t.heartbeat_timeout = 500ms;
    t.lease = 500ms;
    t.sever_bound = 5ms;
    t.engine_stall = 500ms;
    t.leave_timeout = 5s;
    spec.interconnects = {{InterconnectId{1}, "lan"}};
    model::NodeSpec node;
    node.id = NodeId{1};
    node.name = "web1";
    node.addresses[InterconnectId{1}] = "10.0.0.1:29002";
    spec.nodes.push_back(node);
    model::GroupSpec group;
    group.id = GroupId{1};
    group.name = "db";
    group.policy = {NodeId{1}};
    spec.groups.push_back(group);
    return spec;
}

/// A node that is alone, founds a cluster and leads it: as records.
std::vector<Bytes> a_run() {
    auto crypto = std::move(*runtime::OpensslCrypto::make());
    engine::RunRecorder recorder(*crypto);
    engine::Start start;
    start.self = NodeId{1};
    start.spec = one_node();
    start.store.store.bytes[0] = 1;
    start.store.start = StartNumber{1};
    start.boot.bytes[0] = 1;
    start.seed = seed_from(1);
    start.keys = {{1, wire::Key{}}};
    start.key_in_use = 1;
    auto now = Instant{1'000'000'000};
    engine::Engine engine(now, start, recorder.crypto());
    std::vector<Bytes> out{recorder.begin(now, start)};
    std::vector<engine::Input> next{engine::Tick{}};
    for (int i = 0; i < 200; i++) {
        engine::Input input = engine::Tick{};
        if (!next.empty()) {
            input = next.front();
            next.erase(next.begin());
        }
        auto actions = engine.step(now, input);
        out.push_back(recorder.step(now, input, actions));
        for (const auto& persist : actions.persist) next.push_back(engine::Persisted{persist.seq});
        now = std::max(now + 1ms, next.empty() ? actions.next_deadline : now);
    }
    return out;
}

struct Said {
    int code = 0;
    std::string out, err;
    std::vector<Json> lines() const {
        std::vector<Json> all;
        std::istringstream in(out);
        for (std::string line; std::getline(in, line);) all.push_back(Json::parse(line));
        return all;
    }
};

struct Fixture {
    Fixture() {
        ::setenv("TZ", "UTC", 1);
        char name[] = "/tmp/ha-replay-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        directory = name;
    }
    ~Fixture() { std::filesystem::remove_all(directory); }
    std::string write(const std::string& name, const std::vector<Bytes>& records) {
        runtime::RecordingHeader header;
        header.version = runtime::build_version();
        header.layout = engine::recording_layout();
        header.cluster = "demo";
        header.node = "web1";
        header.start = StartNumber{1};
        const auto path = directory + "/" + name;
        auto writer = std::move(*runtime::RecordingWriter::make(path, header));
        Bytes bytes;
        for (const auto& record : records) runtime::put_record(bytes, record);
        REQUIRE(writer->write(bytes).has_value());
        REQUIRE(writer->finish("the node was stopped").has_value());
        return path;
    }
    Said say(std::vector<std::string> words) {
        words.insert(words.begin(), "replay");
        words.push_back("--socket=" + directory + "/nobody");
        std::ostringstream out, err;
        Said said;
        said.code = hactl::run(words, out, err, false);
        said.out = out.str();
        said.err = err.str();
        return said;
    }
    std::string directory;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("cluster.md 9: hactl replays a recording without a daemon, and says it is the same") {
    Fixture f;
    const auto path = f.write("good.harec", a_run());
    const auto said = f.say({path, "--events"});
    CHECK(said.err.empty());
    CHECK(said.code == 0);
    CHECK(has(said.out, "leader in term 2, led by web1"));
    CHECK(has(said.out, "cluster_founded"));
    CHECK(has(said.out, "node web1 of cluster demo, start 1, file 1, from its start at"));
    CHECK(has(said.out, "same: 200 steps came out as they were recorded, byte for byte"));
    CHECK(has(said.out, "the recording ends: the node was stopped"));
    const auto quiet = f.say({path, "--quiet", "--group", "db"});
    CHECK(quiet.code == 0);
    CHECK_FALSE(has(quiet.out, "led by"));
    CHECK(has(quiet.out, "db: "));
}

TEST_CASE("hactl replay stops where it is told to, by step or by time") {
    Fixture f;
    const auto path = f.write("good.harec", a_run());
    const auto said = f.say({path, "--until", "50", "--json"});
    CHECK(said.code == 0);
    const auto report = said.lines().back().at("report");
    CHECK(report.at("last_step") == 50);
    CHECK(report.at("same") == true);
    CHECK(report.at("complete") == false);
    const auto all = f.say({path, "--json"}).lines().back().at("report");
    CHECK(all.at("complete") == true);
    const auto begin = all.at("begin").at("wall_us").get<std::int64_t>();
    CHECK(f.say({path, "--until", "1999-01-01 00:00:00", "--json"}).lines().back().at("report").at(
              "last_step") == 0);
    CHECK(all.at("end").at("wall_us").get<std::int64_t>() > begin);
    const auto later = f.say({path, "--until", "2999-01-01 00:00:00.5", "--json"});
    CHECK(later.lines().back().at("report").at("last_step") == 200);
    for (const char* wrong : {"yesterday", "0", "-5", "2026-11-29", "2026-11-29 14:41:28x"})
        CHECK(f.say({path, "--until", wrong}).code == 2);
}

TEST_CASE("hactl replay tells the first step that comes out otherwise, with both sides") {
    Fixture f;
    auto records = a_run();
    records[100].back() ^= 1;
    const auto path = f.write("changed.harec", records);
    const auto said = f.say({path});
    CHECK(said.code == 1);
    CHECK(has(said.out, "differs at step 100, "));
    CHECK(has(said.out, "\n  recorded  "));
    CHECK(has(said.out, "\n  replayed  "));
    const auto report = f.say({path, "--json"}).lines().back().at("report");
    CHECK(report.at("same") == false);
    CHECK(report.at("difference").at("step") == 100);
}

TEST_CASE("hactl replay refuses what is no recording, and says what is wrong with a damaged one") {
    Fixture f;
    const auto none = f.say({f.directory + "/none"});
    CHECK(none.code == 1);
    CHECK(has(none.err, "cannot open"));
    std::ofstream(f.directory + "/text") << "this is a text of more than a few letters, I think";
    CHECK(has(f.say({f.directory + "/text"}).err, "no recording of libha"));
    const auto path = f.write("good.harec", a_run());
    const auto size = std::filesystem::file_size(path);
    std::filesystem::resize_file(path, size - 40);
    const auto cut = f.say({path});
    CHECK(cut.code == 0);
    CHECK(has(cut.out, "cut off or damaged at byte"));
    CHECK(f.say({}).code == 2);
    CHECK(has(f.say({path, "--group", "nothing"}).err, "no group 'nothing'"));
}

}  // namespace hactl_replay_cases
