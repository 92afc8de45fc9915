// The test's types, and nodes over loopback.
#include "lab.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "ha/plugin.hpp"

namespace ha::test {

namespace fs = std::filesystem;

// --- the stage ----------------------------------------------------------------------------------

Stage& stage() {
    static Stage* the = new Stage;
    return *the;
}

void Stage::clear() {
    std::lock_guard guard(mutex_);
    start_.clear();
    check_.clear();
    active_.clear();
    max_.clear();
    starts_.clear();
    chatter_ = 1;
}
void Stage::on_start(const std::string& resource, Deed deed) {
    std::lock_guard guard(mutex_);
    start_[resource] = std::move(deed);
}
void Stage::on_check(const std::string& monitor, std::function<bool()> is_well) {
    std::lock_guard guard(mutex_);
    check_[monitor] = std::move(is_well);
}
bool Stage::is_active(const std::string& node, const std::string& resource) const {
    std::lock_guard guard(mutex_);
    const auto found = active_.find(resource);
    if (found == active_.end()) return false;
    const auto at = found->second.find(node);
    return at != found->second.end() && at->second;
}
int Stage::active_count(const std::string& resource) const {
    std::lock_guard guard(mutex_);
    const auto found = active_.find(resource);
    if (found == active_.end()) return 0;
    return static_cast<int>(std::count_if(found->second.begin(), found->second.end(),
                                          [](const auto& item) { return item.second; }));
}
int Stage::active_count_max(const std::string& resource) const {
    std::lock_guard guard(mutex_);
    const auto found = max_.find(resource);
    return found == max_.end() ? 0 : found->second;
}
int Stage::starts(const std::string& resource) const {
    std::lock_guard guard(mutex_);
    const auto found = starts_.find(resource);
    return found == starts_.end() ? 0 : found->second;
}
void Stage::set_active(const std::string& node, const std::string& resource, bool is_active) {
    std::lock_guard guard(mutex_);
    active_[resource][node] = is_active;
    int count = 0;
    for (const auto& [name, is_on] : active_[resource]) count += is_on ? 1 : 0;
    max_[resource] = std::max(max_[resource], count);
}
void Stage::begin_start(const std::string& resource) {
    Deed deed;
    {
        std::lock_guard guard(mutex_);
        starts_[resource]++;
        if (const auto found = start_.find(resource); found != start_.end()) deed = found->second;
    }
    if (deed) deed();
}
bool Stage::check(const std::string& monitor) {
    std::function<bool()> deed;
    {
        std::lock_guard guard(mutex_);
        if (const auto found = check_.find(monitor); found != check_.end()) deed = found->second;
    }
    return !deed || deed();
}

namespace {

constexpr plugin::Parameter k_parameters[] = {
    {.name = "colour", .choices = "red|green", .help = "Of the flame."},
};

class Torch final : public plugin::Resource {
   public:
    static constexpr plugin::TypeInfo k_type{.name = "torch",
                                             .version = "1.0",
                                             .summary = "A torch that one node carries.",
                                             .requirement = plugin::Requirement::quorum,
                                             .sever_bound = 1ms,
                                             .parameters = k_parameters};

    explicit Torch(const plugin::Context& context)
        : host_(context.host()), node_(context.node()), name_(context.name()) {}
    void start(const plugin::Operation& operation) override {
        stage().begin_start(name_);
        operation.check();
        stage().set_active(node_, name_, true);
        host_.event(plugin::Severity::info, "lit", "the torch burns on " + node_);
        for (int i = 0; i < stage().chatter(); i++)
            host_.log(plugin::Severity::info, "lit on " + node_);
    }
    void stop(const plugin::Operation&) override { stage().set_active(node_, name_, false); }
    void sever(const plugin::Operation&) override { stage().set_active(node_, name_, false); }
    plugin::Status probe(const plugin::Operation&) override {
        return stage().is_active(node_, name_) ? plugin::Status::online : plugin::Status::offline;
    }

   private:
    plugin::Host host_;
    std::string node_, name_;
};

class Gauge final : public plugin::Monitor {
   public:
    static constexpr plugin::TypeInfo k_type{
        .name = "gauge", .version = "1.0", .summary = "Looks at what a test says."};
    explicit Gauge(const plugin::Context& context) : name_(context.name()) {}
    plugin::Verdict check(const plugin::Operation&) override {
        return stage().check(name_) ? plugin::Verdict::ok() : plugin::Verdict::bad("it flickers");
    }

   private:
    std::string name_;
};

}  // namespace

void register_types(Cluster& cluster) {
    cluster.register_type(plugin::Entry<Torch, Gauge>::factory());
}

void Door::open() {
    std::lock_guard guard(mutex_);
    is_open_ = true;
    changed_.notify_all();
}
void Door::pass() {
    std::unique_lock guard(mutex_);
    visitors_++;
    changed_.notify_all();
    changed_.wait_for(guard, k_patience, [this] { return is_open_; });
}
bool Door::await_visitor() {
    std::unique_lock guard(mutex_);
    return changed_.wait_for(guard, k_patience, [this] { return visitors_ > 0; });
}

// --- the lab ------------------------------------------------------------------------------------

namespace {

/// Free at this moment, and not given to anybody else of those that ask here.
std::vector<std::uint16_t> free_ports(int count) {
    std::vector<std::uint16_t> out;
    std::vector<int> sockets;
    for (int i = 0; i < count; i++) {
        const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        out.push_back(ntohs(address.sin_port));
        sockets.push_back(fd);
    }
    for (const int fd : sockets) ::close(fd);
    return out;
}

}  // namespace

Lab::Lab(int nodes, std::string groups) : groups_(std::move(groups)), ports_(free_ports(nodes)) {
    stage().clear();
    std::string name = fs::temp_directory_path() / "ha-api-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory_ = name;
    write_new_key_file(directory_ + "/key");
}

Lab::~Lab() {
    nodes_.clear();
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
}

/// The times are generous: no test may depend on speed.
std::string Lab::config(const std::string& groups) const {
    std::string nodes;
    for (std::size_t i = 0; i < ports_.size(); i++)
        nodes += std::string(i == 0 ? "" : ", ") + "\"n" + std::to_string(i + 1) +
                 "\": {\"local\": \"127.0.0.1:" + std::to_string(ports_[i]) + "\"}";
    return R"({"cluster": "lab", "interconnects": ["local"],
  "timing": {"heartbeat_interval": "20ms", "heartbeat_timeout": "4s", "startup_wait": "17s",
             "leave_timeout": "23s"},
  "nodes": {)" + nodes + "},\n  " + groups + "}";
}

Options Lab::options(int number) const {
    Options out;
    out.config_text = config(groups_);
    out.node = "n" + std::to_string(number);
    out.key_file = directory_ + "/key";
    out.state_directory = directory_ + "/" + out.node + "/state";
    out.run_directory = directory_ + "/" + out.node + "/run";
    out.is_realtime = false;
    return out;
}

Cluster& Lab::start(int number, Options options) {
    auto node = std::make_unique<Cluster>(std::move(options));
    register_types(*node);
    node->start();
    nodes_[number] = std::move(node);
    return *nodes_[number];
}

void Lab::await(const Cluster& node, const std::function<bool(const Status&)>& is_so) {
    std::uint64_t seen = 0;
    Status status;
    for (const auto end = std::chrono::steady_clock::now() + k_patience;
         std::chrono::steady_clock::now() < end;) {
        status = node.status();
        if (is_so(status)) return;
        for (const auto& notice : node.notices(seen, 1000, 20ms)) seen = notice.number;
    }
    std::string text = "leader " + status.leader + ", waits for " + status.waits_for;
    for (const auto& n : status.nodes) text += "; " + n.name + " " + n.status + " " + n.reason;
    for (const auto& g : status.groups)
        text += "; " + g.name + " " + g.owner + " " + g.state + " " + g.reason + " " + g.text;
    // What the node told of last, the newest line last.
    const auto told = node.notices(seen > 40 ? seen - 40 : 0, 40, 0ms);
    for (const auto& notice : told) {
        text += "\n" + std::to_string(notice.boot_ns / 1'000'000) + " " + notice.name + " " +
                notice.object;
        for (const auto& [name, value] : notice.parameters) text += " " + name + "=" + value;
    }
    FAIL("it did not come about: " << text);
}

const GroupStatus& group(const Status& status, const std::string& name) {
    for (const auto& one : status.groups)
        if (one.name == name) return one;
    FAIL("the status has no group " << name);
    throw Error(ErrorCode::not_found, name);
}

void Lab::await_group(const Cluster& node, const std::string& name, const std::string& owner,
                      const std::string& state) {
    await(node, [&](const Status& s) {  // a node may learn of a new group later than another
        return std::any_of(s.groups.begin(), s.groups.end(), [&](const auto& g) {
            return g.name == name && g.owner == owner && g.state == state;
        });
    });
}

void Lab::await_whole(const Cluster& node, int nodes) {
    await(node, [&](const Status& s) {
        return !s.cluster_id.empty() && !s.leader.empty() && s.is_lease_held &&
               std::count_if(s.nodes.begin(), s.nodes.end(),
                             [](const auto& n) { return n.status == "up"; }) == nodes;
    });
}

bool Lab::has_notice(const Cluster& node, const std::string& name, const std::string& object) {
    for (const auto& notice : node.notices(0, SIZE_MAX))
        if (notice.name == name && (object.empty() || notice.object == object)) return true;
    return false;
}

Outcome outcome_of(const std::function<void(OnDone)>& request) {
    return Cluster::wait(request, k_patience);
}

Outcome ask(const std::function<void(OnDone)>& request) {
    const auto outcome = outcome_of(request);
    INFO(outcome.text);
    REQUIRE(outcome.ok);
    CHECK(!outcome.text.empty());
    return outcome;
}

Thrown thrown(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return {error.code(), error.what()};
    }
    FAIL("nothing was thrown");
    return {};
}

}  // namespace ha::test
