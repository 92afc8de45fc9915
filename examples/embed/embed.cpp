// Embed: two nodes of a cluster in one process, with a resource type that is this program's own.
//
// Each node would be a program on a machine of its own; here both live side by side on the loopback
// network, so that one run shows all of it: they found a cluster, the resource starts on the first,
// is moved to the second, and is stopped.
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <ha/ha.hpp>
#include <ha/plugin.hpp>
#include <iostream>
#include <memory>

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// Whatever this program wants to be active on one node only.
class Torch final : public ha::plugin::Resource {
   public:
    static constexpr ha::plugin::TypeInfo k_type{
        .name = "torch", .version = "1.0", .summary = "A torch that one node carries.",
        .requirement = ha::plugin::Requirement::quorum, .sever_bound = 1ms};

    explicit Torch(const ha::plugin::Context& context) : node_(context.node()) {}
    void start(const ha::plugin::Operation&) override { set(true); }
    void stop(const ha::plugin::Operation&) override { set(false); }
    void sever(const ha::plugin::Operation&) override { set(false); }
    ha::plugin::Status probe(const ha::plugin::Operation&) override {
        return is_lit_ ? ha::plugin::Status::online : ha::plugin::Status::offline;
    }

   private:
    void set(bool is_lit) {
        is_lit_ = is_lit;
        std::cout << "  " << node_ << (is_lit ? " carries the torch\n" : " puts it down\n");
    }
    std::string node_;
    std::atomic<bool> is_lit_ = false;
};

constexpr const char* k_config = R"({
  "cluster": "embedded",
  "interconnects": ["local"],
  "nodes": { "left": {"local": "127.0.0.1:29101"}, "right": {"local": "127.0.0.1:29102"} },
  "groups": { "relay": { "resources": { "torch": {"type": "torch"} } } }
})";

std::unique_ptr<ha::Cluster> make_node(const fs::path& directory, const std::string& name) {
    ha::Options options;
    options.config_text = k_config;
    options.node = name;
    options.key_file = directory / "key";
    options.state_directory = directory / name / "state";
    options.run_directory = directory / name / "run";
    options.is_realtime = false;
    auto node = std::make_unique<ha::Cluster>(std::move(options));
    node->register_type(ha::plugin::Entry<Torch>::factory());
    node->start();
    return node;
}

/// Follows the node's events until the group is in that state on `owner`; empty: on no node.
void await_group(const ha::Cluster& node, const std::string& owner, const std::string& state) {
    std::uint64_t seen = 0;
    for (const auto end = std::chrono::steady_clock::now() + 60s;;) {
        for (const auto& group : node.status().groups)
            if (group.owner == owner && (state.empty() || group.state == state)) return;
        if (std::chrono::steady_clock::now() > end) throw std::runtime_error("not on " + owner);
        for (auto& notice : node.notices(seen, 100, 100ms)) seen = notice.number;
    }
}

void ask(const std::function<void(ha::OnDone)>& request) {
    const auto outcome = ha::Cluster::wait(request);
    if (!outcome.ok) throw std::runtime_error(outcome.text);
}

int main() try {
    std::string name = fs::temp_directory_path() / "ha-embed-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    const std::shared_ptr<void> cleaner(nullptr, [name](void*) { fs::remove_all(name); });
    ha::write_new_key_file(name + "/key");

    auto left = make_node(name, "left"), right = make_node(name, "right");
    await_group(*left, "left", "online");
    std::cout << "the group is online on left; now it is moved\n";
    ask([&](ha::OnDone done) { left->group_move("relay", "right", std::move(done)); });
    await_group(*left, "right", "online");
    std::cout << "the group is online on right; now it is stopped\n";
    ask([&](ha::OnDone done) { right->group_stop("relay", std::move(done)); });
    await_group(*left, "", "");
    std::cout << "nobody has it\n";
    return 0;
} catch (const std::exception& error) {
    std::cerr << "embed: " << error.what() << "\n";
    return 1;
}
