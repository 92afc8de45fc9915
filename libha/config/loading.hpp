// Loading, inside: what the parts of the loader share.
#pragma once

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>

#include "config/load.hpp"
#include "config/reader.hpp"

namespace ha::config {

/// Numbers for names of one kind. A name keeps the number of the configuration in force, else the
/// one in "ids"; a new name gets one above all that were ever seen.
class Numbering {
   public:
    void keep(const std::string& name, std::uint32_t number);
    /// A number from "ids"; says why it cannot be, or nothing.
    std::string claim(const std::string& name, std::uint32_t number);
    /// Call for every name of the document in order; false when the numbers have run out.
    bool assign(const std::string& name, std::uint32_t maximum, std::uint32_t& number);

   private:
    std::map<std::string, std::uint32_t> numbers_;
    std::set<std::uint32_t> used_;
};

struct Numberings {
    Numbering interconnects, nodes, groups, resources, monitors;
};

struct Loading {
    const LoadOptions& options;
    Problems& problems;
    const Reader& document;
    model::ClusterSpec spec;
    Numberings numberings;
};

void load_numberings(Loading& loading);
void load_timing(Loading& loading);
/// After the timing.
void load_witness(Loading& loading);
/// After the nodes.
void check_witness(Loading& loading);
/// Interconnects, nodes and their addresses.
void load_nodes(Loading& loading);
/// The quorum policy; after the nodes.
void load_quorum(Loading& loading);
/// The fence devices of one node.
void load_fences(Loading& loading, model::NodeSpec& node, const Value& value,
                 const std::string& path);
void load_groups(Loading& loading);
/// Groups that need fencing, and nodes that nothing can fence.
void check_fencing(Loading& loading);
/// Floating addresses that more than one group has; after the groups.
void check_addresses(Loading& loading);
/// Capacity of nodes, what groups use of it, and which groups wait for which; when all are known.
void load_relations(Loading& loading);
void load_monitors(Loading& loading);

/// Of resources and monitors alike. `used_on`: the nodes where a required parameter is needed.
struct ParameterTarget {
    std::uint32_t kind = 0;  ///< HA_KIND_*
    std::string type;
    std::vector<NodeId> used_on;
    /// Taken where the type has a parameter `resource` and none is given: what a monitor watches
    /// need not be named twice.
    std::string resource = {};
};
struct LoadedParameters {
    model::Parameters common;
    std::map<NodeId, model::Parameters> on_node;
    const ha_descriptor_t* descriptor = nullptr;  ///< null: the type is not known
};
LoadedParameters load_parameters(Loading& loading, const Reader& reader,
                                 const ParameterTarget& target);

/// A resource while its group is being read.
struct ResourceDraft {
    model::ResourceSpec spec;
    const Value* value = nullptr;
    std::string path;
    std::vector<NameAt> depends_on;
    bool has_depends_on = false;
    bool has_requirement = false;
    bool inherits_requirement = false;
};
/// Resolves names, fills in default dependencies, finds circles, inherits requirements.
void load_dependencies(Loading& loading, std::vector<ResourceDraft>& drafts);

/// Numbers the members of an object and checks their names; those without a flaw, in order.
template <class Id>
std::vector<std::pair<const Member*, Id>> number_members(Loading& loading, const Value& object,
                                                         const std::string& path,
                                                         Numbering& numbering) {
    std::vector<std::pair<const Member*, Id>> all;
    for (const auto& member : object.members) {
        if (auto flaw = flaw_of_name(member.name); !flaw.empty()) {
            loading.problems.error(member.place, path, std::move(flaw));
            continue;
        }
        std::uint32_t number = 0;
        if (!numbering.assign(member.name, std::numeric_limits<typename Id::rep>::max(), number)) {
            loading.problems.error(member.place, path, "there is no number left for " +
                                                           in_quotes(member.name));
            continue;
        }
        all.emplace_back(&member, Id{static_cast<typename Id::rep>(number)});
    }
    return all;
}

template <class T>
std::vector<std::string> names_of(const std::vector<T>& all) {
    std::vector<std::string> names;
    for (const auto& one : all) names.push_back(one.name);
    return names;
}

/// The ids of a list of node names; unknown ones are reported.
std::vector<NodeId> find_nodes(Loading& loading, const std::vector<NameAt>& names);
/// Reports and says false when there are more than `limit`.
bool check_count(Loading& loading, const Value& object, const std::string& path, std::size_t limit);

}  // namespace ha::config
