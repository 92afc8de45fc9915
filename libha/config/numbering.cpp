// Numbering: names keep their numbers over changes of the document.
#include "config/loading.hpp"

#include "ha/plugin/values.hpp"

namespace ha::config {

namespace {

struct Kind {
    const char* field;
    Numbering& numbering;
    std::uint32_t maximum;
};

void read_kind(Loading& loading, const Reader& ids, const Kind& kind) {
    const auto* object = ids.object(kind.field);
    if (object == nullptr) return;
    const auto path = ids.path_of(kind.field);
    for (const auto& member : object->members) {
        std::int64_t number = 0;
        if (member.value.kind == Value::Kind::number)
            number = plugin::parse_integer(member.value.text).value_or(0);
        const auto at = join_path(path, member.name);
        if (number < 1 || number > kind.maximum) {
            loading.problems.error(member.value.place, at,
                                   describe_value(member.value) +
                                       " is wrong here; it must be a whole number from 1 to " +
                                       std::to_string(kind.maximum));
            continue;
        }
        auto flaw = kind.numbering.claim(member.name, static_cast<std::uint32_t>(number));
        if (!flaw.empty()) loading.problems.error(member.value.place, at, std::move(flaw));
    }
}

void keep_previous(Numberings& all, const model::ClusterSpec& previous) {
    for (const auto& one : previous.interconnects) all.interconnects.keep(one.name, one.id.value);
    for (const auto& one : previous.nodes) all.nodes.keep(one.name, one.id.value);
    for (const auto& one : previous.monitors) all.monitors.keep(one.name, one.id.value);
    for (const auto& group : previous.groups) {
        all.groups.keep(group.name, group.id.value);
        for (const auto& one : group.resources) all.resources.keep(one.name, one.id.value);
    }
}

}  // namespace

void Numbering::keep(const std::string& name, std::uint32_t number) {
    numbers_[name] = number;
    used_.insert(number);
}

std::string Numbering::claim(const std::string& name, std::uint32_t number) {
    const auto own = numbers_.find(name);
    if (own != numbers_.end()) {
        if (own->second == number) return {};
        return std::to_string(number) + " is not the number of " + in_quotes(name) +
               " in the configuration in force; that is " + std::to_string(own->second);
    }
    if (!used_.insert(number).second)
        return std::to_string(number) + " is the number of another name; each has its own";
    numbers_[name] = number;
    return {};
}

bool Numbering::assign(const std::string& name, std::uint32_t maximum, std::uint32_t& number) {
    const auto own = numbers_.find(name);
    if (own != numbers_.end()) {
        number = own->second;
        return true;
    }
    const auto next = used_.empty() ? 1 : std::uint64_t{*used_.rbegin()} + 1;
    if (next > maximum) return false;
    number = static_cast<std::uint32_t>(next);
    used_.insert(number);
    numbers_[name] = number;
    return true;
}

void load_numberings(Loading& loading) {
    auto& all = loading.numberings;
    if (loading.options.previous != nullptr) keep_previous(all, *loading.options.previous);
    const auto* value = loading.document.object("ids");
    if (value == nullptr) return;
    const Reader ids(*value, k_ids_section, "ids", loading.problems);
    constexpr auto k_small = std::numeric_limits<NodeId::rep>::max();
    constexpr auto k_large = std::uint32_t{1} << 31;
    read_kind(loading, ids, {"interconnects", all.interconnects, k_small});
    read_kind(loading, ids, {"nodes", all.nodes, k_small});
    read_kind(loading, ids, {"groups", all.groups, k_large});
    read_kind(loading, ids, {"resources", all.resources, k_large});
    read_kind(loading, ids, {"monitors", all.monitors, k_large});
}

}  // namespace ha::config
