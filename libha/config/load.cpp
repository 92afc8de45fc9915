// Loading: the whole document.
#include "config/load.hpp"

#include "base/limits.hpp"
#include "config/loading.hpp"
#include "model/flaw.hpp"

namespace ha::config {

namespace {

Loaded finish(std::optional<model::ClusterSpec> spec, Problems& problems) {
    problems.sort();
    Loaded loaded;
    loaded.errors = problems.errors();
    loaded.warnings = problems.warnings();
    if (!problems.has_errors()) loaded.spec = std::move(spec);
    return loaded;
}

void load_head(Loading& loading) {
    const auto& document = loading.document;
    auto& spec = loading.spec;
    spec.name = document.text("cluster");
    if (document.find("cluster") != nullptr && !spec.name.empty())
        if (auto flaw = flaw_of_name(spec.name); !flaw.empty())
            document.error("cluster", std::move(flaw));
    spec.parallel_operations = document.integer("parallel_operations");
    spec.max_reboots = document.integer("max_reboots");
    spec.reboots_reset_after = document.duration("reboots_reset_after");
    spec.revision = SpecRevision{document.large_integer("revision")};
}

}  // namespace

Loaded load_document(std::string_view text, const LoadOptions& options) {
    Problems problems;
    const auto root = parse_document(text, problems);
    if (root == nullptr || !require_object(*root, "", problems)) return finish({}, problems);

    const Reader document(*root, k_document_section, "", problems);
    Loading loading{options, problems, document, {}, {}};
    load_head(loading);
    load_numberings(loading);
    load_timing(loading);
    load_witness(loading);
    load_nodes(loading);
    load_quorum(loading);
    check_witness(loading);
    load_groups(loading);
    check_addresses(loading);
    load_relations(loading);
    load_monitors(loading);
    check_fencing(loading);
    if (!problems.has_errors()) {
        // Everything that the core relies on has been checked above, with its place; should a check
        // be missing there, the core's own still refuses the document.
        if (const auto flaw = model::flaw_of(loading.spec))
            problems.error(root->place, "", *flaw);
    }
    return finish(std::move(loading.spec), problems);
}

Result<model::ClusterSpec> load_spec(std::string_view text, const LoadOptions& options) {
    auto loaded = load_document(text, options);
    if (loaded.spec) return std::move(*loaded.spec);
    return failure(FailureCode::invalid, describe(loaded.errors, options.file));
}

Result<model::ClusterSpec> load_spec(std::string_view text, const std::string& file) {
    LoadOptions options;
    options.file = file;
    return load_spec(text, options);
}

bool check_count(Loading& loading, const Value& object, const std::string& path,
                 std::size_t limit) {
    if (object.members.size() <= limit) return true;
    loading.problems.error(object.place, path,
                           std::to_string(object.members.size()) + " stand here; at most " +
                               std::to_string(limit) + " are allowed");
    return false;
}

std::vector<NodeId> find_nodes(Loading& loading, const std::vector<NameAt>& names) {
    std::vector<NodeId> ids;
    for (const auto& one : names) {
        if (const auto* node = model::find_node(loading.spec, one.name)) {
            ids.push_back(node->id);
        } else {
            loading.problems.error(one.place, one.path,
                                   "there is no node " + in_quotes(one.name) +
                                       advise_name(one.name, names_of(loading.spec.nodes)));
        }
    }
    return ids;
}

}  // namespace ha::config
