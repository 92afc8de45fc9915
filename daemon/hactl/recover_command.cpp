// The command for the night in which most nodes are gone for good: says what it is about to do, and
// wants a person to name the node on which it is done.
#include <algorithm>

#include "show.hpp"

namespace hactl {
namespace {

std::string list_of(const std::vector<std::string>& names) {
    std::string out;
    for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
    return out;
}

/// What is wrong with the names, seen from here; empty: nothing. had looks at them once more.
std::string mistake_in(const Json& nodes, const std::vector<std::string>& off) {
    std::vector<std::string> others;
    std::string self;
    for (const auto& node : nodes) {
        if (is_set(node, "self"))
            self = text_of(node, "name");
        else
            others.push_back(text_of(node, "name"));
    }
    const auto all = others.empty() ? "none: there is no other node" : list_of(others);
    for (const auto& name : off) {
        if (name == self)
            return "node " + name + " is the one that would go on; name those that are off: " + all;
        // A voter that is configured no more has a number only; had knows of it.
        const bool is_number = !name.empty() &&
                               name.find_first_not_of("0123456789") == std::string::npos;
        if (!is_number && std::find(others.begin(), others.end(), name) == others.end())
            return "the configuration has no node '" + name + "'; name those that are off: " + all;
    }
    for (const auto& name : others)
        if (std::find(off.begin(), off.end(), name) == off.end())
            return "node " + name + " is not named; each other node has to be named, and has to be "
                   "off for good: " + all;
    return {};
}

std::string confirmed_name(Context& c, const std::string& self) {
    if (!c.arguments.confirm.empty()) return c.arguments.confirm;
    if (c.in == nullptr) return {};
    c.err << "Node " << printable(self) << " will go on alone, without "
          << printable(list_of(c.arguments.words)) << ".\n"
             "  - What they had agreed on since this node last heard them is lost.\n"
             "  - What they owned will be started here, shared disks among it. If one of them\n"
             "    still runs, data is lost. Make sure that they are off: power, not network.\n"
             "  - Empty their stores before they come back. As long as one has not joined, status\n"
             "    shows it as a fork risk: they must not meet each other without this node.\n"
             "If a majority can be brought back, do that instead.\n"
             "Type the name of this node to do it: "
          << std::flush;
    std::string line;
    std::getline(*c.in, line);
    return line;
}

}  // namespace

int recover_command(Context& c) {
    if (!c.arguments.is_alone) {
        c.err << "hactl: 'cluster recover' has to be told --alone: what the others may have agreed "
                 "on since this node last heard of them is lost\n";
        return k_exit_usage;
    }
    const auto nodes = c.get("/v1/nodes").value("nodes", Json::array());
    std::string self;
    for (const auto& node : nodes)
        if (is_set(node, "self")) self = text_of(node, "name");
    if (const auto mistake = mistake_in(nodes, c.arguments.words); !mistake.empty()) {
        c.err << "hactl: nothing was done: " << printable(mistake) << "\n";
        return k_exit_refused;
    }
    if (confirmed_name(c, self) != self) {
        c.err << "hactl: nothing was done: the name of this node was not confirmed; type it when "
                 "asked, or give --confirm "
              << printable(self) << "\n";
        return k_exit_refused;
    }
    return c.say(c.post("/v1/cluster/recover", {{"off", c.arguments.words}}));
}

}  // namespace hactl
