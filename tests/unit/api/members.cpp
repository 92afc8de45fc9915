// Nodes that come and go while the cluster runs, and orders to them, through the public headers.
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "lab.hpp"

namespace ha {

using namespace test;

namespace {

/// The configuration without node `number`, which is the last one.
std::string without_last(std::string text, int number) {
    const auto begin = text.find(", \"n" + std::to_string(number) + "\"");
    const auto end = text.find('}', begin);
    REQUIRE(begin != text.npos);
    return text.erase(begin, end + 1 - begin);
}

bool is_voter(const Status& status, const std::string& name) {
    for (const auto& node : status.nodes)
        if (node.name == name) return node.is_voter && node.status == "up";
    return false;
}

}  // namespace

TEST_CASE("G21: a node is added, wiped, restarted and removed while the others serve") {
    Lab lab(3);
    const auto three = lab.config(Lab::k_one_group), two = without_last(three, 3);
    auto options = [&](int number, const std::string& text) {
        auto out = lab.options(number);
        out.config_text = text;
        return out;
    };
    auto& a = lab.start(1, options(1, two));
    lab.start(2, options(2, two));
    Lab::await_group(a, "relay", "n1", "online");
    const auto change = a.config_check(three, "three.json").plan;
    REQUIRE(change.changes.size() >= 1);
    CHECK(change.stopped.empty());
    CHECK(change.refusal.empty());
    ask([&](OnDone done) { a.config_apply(three, "three.json", done); });
    lab.start(3, options(3, a.config_text()));
    Lab::await(a, [](const Status& s) { return is_voter(s, "n3"); });

    lab.destroy(3);  // as kill -9: it comes back with its store
    lab.start(3, options(3, a.config_text()));
    Lab::await(a, [](const Status& s) { return is_voter(s, "n3"); });

    // A machine made anew has forgotten how often it began: it is taken out and added again.
    lab.destroy(3);
    std::filesystem::remove_all(lab.directory() + "/n3");
    ask([&](OnDone done) { a.config_apply(two, "two.json", done); });
    ask([&](OnDone done) { a.config_apply(three, "three.json", done); });
    lab.start(3, options(3, a.config_text()));
    Lab::await(a, [](const Status& s) { return is_voter(s, "n3"); });
    Lab::await_whole(lab[3], 3);

    ask([&](OnDone done) { a.service_order("n3", ServiceOrder::stop, false, done); });
    Lab::await(a, [](const Status& s) { return s.nodes.at(2).status == "left"; });
    lab.destroy(3);
    ask([&](OnDone done) { a.config_apply(two, "two.json", done); });
    Lab::await(a, [](const Status& s) { return s.nodes.size() == 2; });
    const auto term = a.status().term;
    auto& c = lab.start(3, options(3, three));  // it does not know that it is out
    Lab::await(c, [](const Status& s) { return !s.waits_for.empty(); });
    CHECK(c.leave(k_patience, "nobody is there to be told"));
    CHECK(a.status().term == term);
    CHECK(stage().starts("torch") == 1);
    CHECK(stage().active_count_max("torch") == 1);
}

TEST_CASE("S55: an order reaches the node, which leaves and is told what is to follow") {
    Lab lab(3);
    auto& a = lab.start(1);
    lab.start(2);
    std::mutex mutex;
    std::vector<std::string> heard;
    auto options = lab.options(3);
    options.on_order = [&](ServiceOrder order, const std::string& reason) {
        std::lock_guard guard(mutex);
        heard.push_back(std::string(to_string(order)) + ": " + reason);
    };
    options.on_stopped = [&] {
        std::lock_guard guard(mutex);
        heard.emplace_back("stopped");
    };
    lab.start(3, std::move(options));
    Lab::await_group(a, "relay", "n1", "online");
    Lab::await_whole(a, 3);
    ask([&](OnDone done) { lab[2].service_order("n3", ServiceOrder::reboot, false, done); });
    Lab::await(a, [](const Status& s) {
        return s.nodes.at(2).status == "left" && s.nodes.at(2).order == "reboot";
    });
    const auto has_stopped = [&] {
        std::lock_guard guard(mutex);
        return heard.size() == 2;
    };
    Lab::await(a, [&](const Status&) { return has_stopped(); });
    CHECK(heard[0] == "reboot: asked for on node n2");
    CHECK(heard[1] == "stopped");
    CHECK(thrown([&] { a.service_order("n9", ServiceOrder::stop, false, nullptr); }).code ==
          ErrorCode::not_found);
    const auto refused = Cluster::wait(
        [&](OnDone done) { a.service_order("n2", ServiceOrder::stop, false, done); }, k_patience);
    CHECK_FALSE(refused.ok);
    CHECK(refused.text.find("no quorum") != std::string::npos);
    CHECK(to_string(ServiceOrder::poweroff) == std::string("poweroff"));
    CHECK(to_string(ServiceOrder::restart) == std::string("restart"));
}

}  // namespace ha
