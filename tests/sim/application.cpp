// The application's checkpoint: writes, answers, and what must be there at a start.
#include "application.hpp"

namespace ha::sim {
namespace {

constexpr const char* k_section = "count";

const model::Section* section_of(const engine::Engine& engine, GroupId group) {
    const auto& all = engine.state().checkpoints;
    const auto checkpoint = all.find(group);
    if (checkpoint == all.end()) return nullptr;
    const auto section = checkpoint->second.find(k_section);
    return section == checkpoint->second.end() ? nullptr : &section->second;
}

std::uint64_t value_of(const engine::Engine& engine, GroupId group) {
    const auto* section = section_of(engine, group);
    if (section == nullptr) return 0;
    Reader r(section->data);
    return r.u64();
}

}  // namespace

std::optional<model::WriteSection> Application::next_write(const engine::Engine& engine,
                                                           NodeId node, GroupId group,
                                                           const Epoch& epoch) {
    const auto place = std::pair{node, group};
    if (under_way_.contains(place)) return {};
    model::WriteSection write;
    write.group = group;
    write.epoch = epoch;
    write.name = k_section;
    write.is_conditional = true;
    if (const auto* section = section_of(engine, group)) write.expected = section->version;
    Writer w(write.data);
    w.u64(++newest_);
    // Now and then it is large, so that snapshots and entries are, too.
    write.data.resize(newest_ % 16 == 0 ? 4000 : 8 + newest_ % 64);
    under_way_[place] = {group, newest_, {}};
    being_asked_ = place;
    return write;
}

void Application::asked(NodeId node, RequestId request) {
    if (being_asked_.first != node) return;
    under_way_[being_asked_].request = request;
    being_asked_ = {};
}

std::string Application::read_back(const engine::Engine& engine, NodeId node,
                                   RequestId request) const {
    for (const auto& [place, write] : under_way_)
        if (place.first == node && write.request == request &&
            value_of(engine, write.group) < write.value)
            return "checkpoint: node " + std::to_string(node.value) + " is told that value " +
                   std::to_string(write.value) + " of group " +
                   std::to_string(write.group.value) + " is written, and reads " +
                   std::to_string(value_of(engine, write.group));
    return {};
}

void Application::answered(NodeId node, RequestId request, bool is_ok) {
    for (auto it = under_way_.begin(); it != under_way_.end(); ++it) {
        if (it->first.first != node || it->second.request != request) continue;
        auto& newest = acknowledged_[it->second.group];
        if (is_ok) newest = std::max(newest, it->second.value);
        acknowledged_count_ += is_ok;
        under_way_.erase(it);
        return;
    }
}

void Application::recovered(const engine::Engine& engine) {
    for (auto& [group, value] : acknowledged_) value = std::min(value, value_of(engine, group));
}

void Application::forget(NodeId node) {
    std::erase_if(under_way_, [&](const auto& one) { return one.first.first == node; });
}

std::string Application::started(const engine::Engine& engine, GroupId group) const {
    const auto known = acknowledged_.find(group);
    if (known == acknowledged_.end()) return {};
    const auto value = value_of(engine, group);
    if (value >= known->second) return {};
    return "checkpoint: group " + std::to_string(group.value) + " starts with value " +
           std::to_string(value) + ", and " + std::to_string(known->second) +
           " was acknowledged";
}

}  // namespace ha::sim
