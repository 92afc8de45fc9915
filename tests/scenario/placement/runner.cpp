// Runner of the placement museum: plays the cases of a text file and compares what is said.
//
//     placement-museum [--rewrite] FILE...
//
// A case begins with "== title". A line is a step; the indented lines after it are what it says.
// `--rewrite` puts in what is said now: read the difference before you commit it.
//
//   nodes a b c                     nodes of the cluster, in the order of their ranks
//   group web a b c KEY VALUE...    a group and its policy; keys: startup failover failback
//                                   exclusion requires failback_delay ban_expiry retry_delay
//                                   (seconds) priority failover_limit preempts (yes) start_after
//                                   stop_before (GROUP, or GROUP:local) labels near apart
//                                   (a,b) uses (KIND=N). After the first other step: a new
//                                   configuration with the group changed or added
//   capacity NODE KIND=N...         what a node has
//   remove group|node NAME          a new configuration without it
//   up|down|leaving|left NODE...    of the present start
//   restart NODE / reboot NODE      a new start in the same boot / in another boot
//   give GROUP NODE, release GROUP, stop_failed GROUP, goal GROUP online|offline [NODE]
//   evict GROUP [NODE] [ban] [failover]
//   ban GROUP NODE [asked] [SECONDS], clear GROUP [NODE]
//   freeze GROUP on|off
//   found GROUP NODE, gone GROUP NODE   it is active there without a right, or not any more
//   maintenance NODE on|off, mode NODE in_service|maintenance|standby|isolated [REASON]
//   pass SECONDS                    so much time is counted
//   online GROUP...|none|auto       who is seen online; auto: those that owners that are there run
//   members NODE...|auto            whom the leader sees; auto: those that are up or leaving
//   startup_wait on|off
//   finish                          owners release what is evicted or shall be offline
//   plan                            says the plan's commands and applies them
//   explain GROUP                   says the decision and the rejected nodes
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "model/apply.hpp"
#include "placement/plan.hpp"

using namespace ha;
using namespace ha::model;

namespace {

using Words = std::vector<std::string>;
using Lines = std::vector<std::string>;

Words words_of(const std::string& line) {
    std::istringstream in(line);
    Words out;
    for (std::string word; in >> word;) out.push_back(word);
    return out;
}

/// A mistake in the text of a case.
struct Mistake {
    std::string text;
};

class Case {
   public:
    /// What the step says. Throws Mistake.
    Lines step(const Words& words);

   private:
    NodeId node(const std::string& name) const;
    GroupId group(const std::string& name) const;
    const GroupRecord& record(const std::string& name) { return record_of(state(), group(name)); }
    ClusterState& state();
    Lines apply(const Command& command);
    Lines configure(const ClusterSpec& spec);
    Lines define_group(const Words& words);
    Lines remove(const Words& words);
    Lines each_node(const Words& words, const std::function<Command(NodeId)>& make);
    Lines change_node(const Words& words);
    Lines change_group(const Words& words);
    Lines evict(const Words& words);
    Lines finish();
    Lines set_capacity(const Words& words);
    Lines set_mode(const Words& words);
    Lines ban(const Words& words);
    Lines find(const Words& words);
    Lines see_online(const Words& words);
    Lines plan();
    Lines explain(const std::string& name);
    placement::View view();
    std::string sentence(const Command& command);

    ClusterSpec spec_;
    ClusterState state_;
    bool is_founded_ = false;
    std::uint64_t index_ = 0;
    std::uint8_t boots_ = 1;
    std::vector<NodeId> members_;
    bool are_members_given_ = false;
    bool is_startup_wait_over_ = true;
    bool is_online_given_ = false;
    std::set<GroupId> online_;
};

NodeId Case::node(const std::string& name) const {
    const auto* found = find_node(is_founded_ ? state_.spec : spec_, name);
    if (found == nullptr) throw Mistake{"there is no node " + name};
    return found->id;
}

GroupId Case::group(const std::string& name) const {
    const auto* found = find_group(is_founded_ ? state_.spec : spec_, name);
    if (found == nullptr) throw Mistake{"there is no group " + name};
    return found->id;
}

ClusterState& Case::state() {
    if (!is_founded_) state_ = initial_state(spec_);
    is_founded_ = true;
    return state_;
}

Lines Case::apply(const Command& command) {
    const auto applied = model::apply(state(), {LogIndex{++index_}, Term{1}}, command);
    if (applied.is_ignored) return {"ignored: " + applied.rule};
    return {};
}

Lines Case::configure(const ClusterSpec& spec) {
    if (is_founded_) return apply(SetSpec{state_.spec.revision, spec});
    spec_ = spec;
    return {};
}

std::uint32_t number_of(const std::string& text) {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos)
        throw Mistake{text + " is no number"};
    return static_cast<std::uint32_t>(std::stoul(text));
}

std::vector<std::string> parts_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> out;
    for (std::string part; std::getline(in, part, ',');) out.push_back(part);
    return out;
}

void set_amount(std::map<std::string, std::uint32_t>& amounts, const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) throw Mistake{text + " is not KIND=N"};
    amounts[text.substr(0, equals)] = number_of(text.substr(equals + 1));
}

/// Keys with any value; false: it is none of these.
bool set_value(GroupSpec& group, const std::string& key, const std::string& value) {
    const auto seconds = [&] { return Duration{std::chrono::seconds(number_of(value))}; };
    const auto labels = [&] {
        const auto parts = parts_of(value);
        return std::set<std::string>(parts.begin(), parts.end());
    };
    if (key == "failback_delay") return group.failback_delay = seconds(), true;
    if (key == "ban_expiry") return group.ban_expiry = seconds(), true;
    if (key == "retry_delay") return group.retry_delay = seconds(), true;
    if (key == "priority") return group.priority = number_of(value), true;
    if (key == "failover_limit") return group.failover_limit = number_of(value), true;
    if (key == "preempts") return group.preempts = value == "yes", true;
    if (key == "labels") return group.labels = labels(), true;
    if (key == "near") return group.near = labels(), true;
    if (key == "apart") return group.apart = labels(), true;
    if (key == "uses") return set_amount(group.uses, value), true;
    return false;
}

void set_key(GroupSpec& group, const std::string& key, const std::string& value) {
    const std::map<std::string, std::map<std::string, std::function<void()>>> keys{
        {"startup",
         {{"auto", [&] { group.startup = Startup::automatic; }},
          {"manual", [&] { group.startup = Startup::manual; }}}},
        {"failover",
         {{"auto", [&] { group.failover = Failover::automatic; }},
          {"manual", [&] { group.failover = Failover::manual; }}}},
        {"failback",
         {{"auto", [&] { group.failback = Failback::automatic; }},
          {"manual", [&] { group.failback = Failback::manual; }}}},
        {"exclusion",
         {{"off", [&] { group.exclusion = Exclusion::off; }},
          {"normal", [&] { group.exclusion = Exclusion::normal; }},
          {"full", [&] { group.exclusion = Exclusion::full; }}}},
        {"requires",
         {{"nothing", [&] { group.resources[0].requirement = Requirement::nothing; }},
          {"quorum", [&] { group.resources[0].requirement = Requirement::quorum; }},
          {"fencing", [&] { group.resources[0].requirement = Requirement::fencing; }}}},
    };
    const auto it = keys.find(key);
    if (it == keys.end() && set_value(group, key, value)) return;
    if (it == keys.end()) throw Mistake{"a group has no key or node " + key};
    const auto setter = it->second.find(value);
    if (setter == it->second.end()) throw Mistake{key + " cannot be " + value};
    setter->second();
}

GroupSpec new_group(const ClusterSpec& spec, const std::string& name) {
    GroupSpec group;
    for (const auto& other : spec.groups) group.id = std::max(group.id, other.id);
    group.id.value++;
    group.name = name;
    ResourceSpec resource;
    resource.id = ResourceId{group.id.value};
    resource.name = name + "-service";
    resource.type = "exec";
    resource.start.timeout = resource.stop.timeout = resource.probe_timeout = 1s;
    group.resources = {resource};
    return group;
}

Lines Case::define_group(const Words& words) {
    if (words.size() < 3) throw Mistake{"a group needs a name and a policy"};
    auto spec = is_founded_ ? state_.spec : spec_;
    auto it = std::find_if(spec.groups.begin(), spec.groups.end(),
                           [&](const GroupSpec& g) { return g.name == words[1]; });
    if (it == spec.groups.end()) {
        spec.groups.push_back(new_group(spec, words[1]));
        it = spec.groups.end() - 1;
    }
    it->policy.clear();
    std::size_t i = 2;
    for (; i < words.size() && find_node(spec, words[i]) != nullptr; i++)
        it->policy.push_back(node(words[i]));
    for (; i < words.size(); i += 2) {
        if (i + 1 == words.size()) throw Mistake{"key " + words[i] + " has no value"};
        if (words[i] == "start_after" || words[i] == "stop_before") {
            const auto colon = words[i + 1].find(':');
            const auto* other = find_group(spec, words[i + 1].substr(0, colon));
            if (other == nullptr) throw Mistake{"there is no group " + words[i + 1]};
            (words[i] == "start_after" ? it->start_after : it->stop_before)
                .push_back({other->id, colon != std::string::npos});
            continue;
        }
        set_key(*it, words[i], words[i + 1]);
    }
    return configure(spec);
}

Lines Case::remove(const Words& words) {
    if (words.size() != 3) throw Mistake{"remove group NAME, or remove node NAME"};
    auto spec = state().spec;
    const auto has_name = [&](const auto& one) { return one.name == words[2]; };
    if (words[1] == "group") {
        std::erase_if(spec.groups, has_name);
    } else {
        const auto gone = node(words[2]);
        std::erase_if(spec.nodes, has_name);
        for (auto& one : spec.groups) std::erase(one.policy, gone);
    }
    return configure(spec);
}

Lines Case::each_node(const Words& words, const std::function<Command(NodeId)>& make) {
    Lines out;
    for (std::size_t i = 1; i < words.size(); i++)
        for (auto& line : apply(make(node(words[i])))) out.push_back(std::move(line));
    return out;
}

Lines Case::change_node(const Words& words) {
    const auto start = [&](NodeId id) { return record_of(state(), id).start; };
    const auto next = [&](NodeId id) { return StartNumber{start(id).value + 1}; };
    const auto boot = [&](NodeId id) {
        auto out = record_of(state(), id).boot;
        if (!out) out.bytes[0] = 1;
        return out;
    };
    const auto& verb = words[0];
    if (verb == "down")
        return each_node(words, [&](NodeId id) { return NodeDown{id, start(id), "silent"}; });
    if (verb == "leaving")
        return each_node(words, [&](NodeId id) { return NodeLeaving{id, start(id)}; });
    if (verb == "left") return each_node(words, [&](NodeId id) { return NodeLeft{id, start(id)}; });
    if (verb == "restart")
        return each_node(words, [&](NodeId id) { return NodeUp{id, boot(id), next(id)}; });
    if (verb == "reboot")
        return each_node(words, [&](NodeId id) {
            BootId other;
            other.bytes[0] = ++boots_;
            return NodeUp{id, other, next(id)};
        });
    return each_node(words, [&](NodeId id) {
        return NodeUp{id, boot(id), start(id) ? start(id) : StartNumber{1}};
    });
}

Lines Case::evict(const Words& words) {
    Evict command{group(words[1]), record(words[1]).epoch.incarnation};
    command.reason = "told to";
    for (std::size_t i = 2; i < words.size(); i++) {
        if (words[i] == "ban")
            command.ban_owner = true;
        else if (words[i] == "failover")
            command.kind = StartKind::failover;
        else
            command.target = node(words[i]);
    }
    return apply(command);
}

/// A failure lasts as the configuration says, what is asked for as the case says.
Lines Case::ban(const Words& words) {
    if (words.size() < 3) throw Mistake{"ban GROUP NODE [asked] [SECONDS]"};
    const auto id = group(words[1]);
    Ban made{node(words[2]), "start failed", false, find_group(state().spec, id)->ban_expiry, {}};
    if (words.size() > 3 && words[3] == "asked") made = {made.node, "moved away", true, {}, {}};
    if (words.size() > 3 && words.back() != "asked")
        made.lasts = std::chrono::seconds(number_of(words.back()));
    auto& bans = state().groups[id].bans;
    std::erase_if(bans, [&](const Ban& one) { return one.node == made.node; });
    bans.push_back(made);
    std::sort(bans.begin(), bans.end(), [](auto& a, auto& b) { return a.node < b.node; });
    return {};
}

Lines Case::set_capacity(const Words& words) {
    if (words.size() < 3) throw Mistake{"capacity NODE KIND=N"};
    auto spec = is_founded_ ? state_.spec : spec_;
    const auto id = node(words[1]);
    for (auto& one : spec.nodes)
        for (std::size_t i = 2; one.id == id && i < words.size(); i++)
            set_amount(one.capacity, words[i]);
    return configure(spec);
}

Lines Case::set_mode(const Words& words) {
    if (words.size() < 3) throw Mistake{"mode NODE MODE [REASON]"};
    std::string reason;
    for (std::size_t i = 3; i < words.size(); i++) reason += (i > 3 ? " " : "") + words[i];
    for (const auto mode : {NodeMode::in_service, NodeMode::maintenance, NodeMode::standby,
                            NodeMode::isolated})
        if (words[2] == to_string(mode)) return apply(SetNodeMode{node(words[1]), mode, reason});
    throw Mistake{"there is no mode " + words[2]};
}

Lines Case::see_online(const Words& words) {
    is_online_given_ = words.size() < 2 || words[1] != "auto";
    online_.clear();
    for (std::size_t i = 1; is_online_given_ && i < words.size(); i++)
        if (words[i] != "none") online_.insert(group(words[i]));
    return {};
}

Lines Case::change_group(const Words& words) {
    if (words.size() < 2) throw Mistake{words[0] + " needs a group"};
    const auto id = group(words[1]);
    const auto& now = record(words[1]);
    const auto argument = [&](std::size_t i) {
        return words.size() > i ? node(words[i]) : NodeId{};
    };
    const auto& verb = words[0];
    if (verb == "give")
        return apply(Give{id, argument(2), Incarnation{now.epoch.incarnation.value + 1},
                          StartKind::start, "given by the case"});
    if (verb == "release") return apply(Release{id, now.owner, now.epoch.incarnation, "stopped"});
    if (verb == "stop_failed")
        return apply(StopFailed{id, now.owner, now.epoch.incarnation, "it hangs"});
    if (verb == "evict") return evict(words);
    if (verb == "clear") return apply(ClearBans{id, argument(2), false});
    if (words.size() < 3 || (words[2] != "online" && words[2] != "offline"))
        throw Mistake{"goal GROUP online|offline [NODE]"};
    return apply(SetGoal{id, words[2] == "online" ? Goal::online : Goal::offline, argument(3),
                         false, "asked for"});
}

placement::View Case::view() {
    placement::View view;
    view.is_startup_wait_over = is_startup_wait_over_;
    if (are_members_given_) {
        view.members = members_;
    } else {
        for (const auto& [id, one] : state().nodes)
            if (is_up(state(), id)) view.members.push_back(id);
    }
    for (const auto& [id, one] : state().groups) {
        const bool is_running = one.owner && is_up(state(), one.owner) && !one.is_evicted;
        if (is_online_given_ ? online_.contains(id) : is_running)
            view.online.push_back({id, one.epoch.incarnation});
    }
    return view;
}

std::string Case::sentence(const Command& command) {
    auto out = describe(state().spec, command);
    if (const auto* give = std::get_if<Give>(&command))
        out.insert(0, give->kind == StartKind::failover ? "failover: " : "start: ");
    return out;
}

Lines Case::plan() {
    Lines out;
    const auto seen = view();
    const auto made = placement::plan(state(), seen);
    if (made.commands != placement::plan_commands(state(), seen))
        out.push_back("BUG: plan_commands differs from plan");
    for (const auto& command : made.commands) {
        out.push_back(sentence(command));
        for (auto& line : apply(command)) out.push_back("BUG: " + line);
    }
    for (const auto& command : placement::plan_commands(state(), seen))
        out.push_back("BUG: not stable: " + sentence(command));
    if (out.empty()) out.push_back("nothing");
    return out;
}

Lines Case::explain(const std::string& name) {
    const auto decision = placement::explain(state(), view(), group(name));
    Lines out{(decision.node ? name_of(state().spec, decision.node) : "nowhere") + ", " +
              decision.rule + (decision.is_blocked ? ", blocked" : "") + ": " + decision.reason};
    for (const auto& one : decision.rejected)
        out.push_back("not " + name_of(state().spec, one.node) + ", " + one.rule + ": " +
                      one.reason);
    return out;
}

Lines Case::finish() {
    for (const auto& [id, one] : state().groups) {
        const bool is_asked = one.is_evicted || one.goal == Goal::offline;
        if (one.owner && is_asked && !one.stop_failed && is_up(state(), one.owner))
            apply(Release{id, one.owner, one.epoch.incarnation, "stopped"});
    }
    return {};
}

Lines Case::find(const Words& words) {
    state().cluster_version = std::max<std::uint32_t>(state().cluster_version, 2);
    const auto where = node(words[2]);
    const bool is_active = words[0] == "found";
    const auto of = group(words[1]);
    const auto resource = find_group(state().spec, of)->resources.front().id;
    return apply(FoundActive{of, where, record_of(state(), where).start,
                             is_active ? resource : ResourceId{}, is_active, false});
}

Lines Case::step(const Words& words) {
    const auto& verb = words[0];
    const auto is_one_of = [&](std::initializer_list<const char*> verbs) {
        return std::any_of(verbs.begin(), verbs.end(), [&](const char* v) { return verb == v; });
    };
    if (verb == "nodes") {
        for (std::size_t i = 1; i < words.size(); i++) {
            NodeSpec one;
            one.id = NodeId{static_cast<std::uint16_t>(i)};
            one.name = words[i];
            one.rank = static_cast<std::uint32_t>(i - 1);
            spec_.nodes.push_back(one);
        }
        return {};
    }
    if (verb == "group") return define_group(words);
    if (verb == "remove") return remove(words);
    if (is_one_of({"up", "down", "leaving", "left", "restart", "reboot"}))
        return change_node(words);
    if (is_one_of({"give", "release", "stop_failed", "evict", "clear", "goal"}))
        return change_group(words);
    if (verb == "maintenance" && words.size() == 3)
        return apply(SetNodeMode{
            node(words[1]), words[2] == "on" ? NodeMode::maintenance : NodeMode::in_service, ""});
    if (verb == "mode") return set_mode(words);
    if (verb == "freeze" && words.size() == 3)
        return apply(SetFrozen{group(words[1]), words[2] == "on", "told to"});
    if (is_one_of({"found", "gone"}) && words.size() == 3) return find(words);
    if (verb == "ban") return ban(words);
    if (verb == "capacity") return set_capacity(words);
    if (verb == "online") return see_online(words);
    if (verb == "pass" && words.size() == 2)
        return apply(TimePassed{std::chrono::seconds(number_of(words[1]))});
    if (verb == "members") {
        members_.clear();
        are_members_given_ = words.size() < 2 || words[1] != "auto";
        for (std::size_t i = 1; are_members_given_ && i < words.size(); i++)
            members_.push_back(node(words[i]));
        return {};
    }
    if (verb == "startup_wait" && words.size() == 2) {
        is_startup_wait_over_ = words[1] == "off";
        return {};
    }
    if (verb == "finish") return finish();
    if (verb == "plan") return plan();
    if (verb == "explain" && words.size() == 2) return explain(words[1]);
    throw Mistake{"unknown step: " + verb};
}

/// One case of the text as it is, and as it should be.
struct Played {
    std::string title;
    Lines was;
    Lines is;
};

bool is_said(const std::string& line) { return line.rfind("    ", 0) == 0; }

std::vector<Played> play(const std::string& file, std::istream& in) {
    std::vector<Played> out{{}};
    Case current;
    std::size_t number = 0;
    for (std::string line; std::getline(in, line);) {
        number++;
        if (line.rfind("== ", 0) == 0) {
            out.push_back({line.substr(3), {}, {}});
            current = Case();
        }
        auto& played = out.back();
        played.was.push_back(line);
        if (is_said(line)) continue;
        played.is.push_back(line);
        const auto words = words_of(line);
        if (words.empty() || words[0][0] == '=' || words[0][0] == '#') continue;
        try {
            for (const auto& said : current.step(words)) played.is.push_back("    " + said);
        } catch (const Mistake& mistake) {
            throw Mistake{file + ":" + std::to_string(number) + ": " + mistake.text};
        }
    }
    return out;
}

/// The longest common lines stay, the others are marked with - (written) and + (said).
void print_difference(const Lines& was, const Lines& is) {
    std::vector<std::vector<int>> common(was.size() + 1, std::vector<int>(is.size() + 1, 0));
    for (auto i = was.size(); i-- > 0;)
        for (auto j = is.size(); j-- > 0;)
            common[i][j] = was[i] == is[j] ? common[i + 1][j + 1] + 1
                                           : std::max(common[i + 1][j], common[i][j + 1]);
    std::size_t i = 0, j = 0;
    while (i < was.size() || j < is.size()) {
        if (i < was.size() && j < is.size() && was[i] == is[j]) {
            std::cout << "  " << was[i] << "\n";
            i++, j++;
        } else if (j == is.size() || (i < was.size() && common[i + 1][j] >= common[i][j + 1])) {
            std::cout << "- " << was[i++] << "\n";
        } else {
            std::cout << "+ " << is[j++] << "\n";
        }
    }
}

/// Number of cases that differ.
std::size_t run_file(const std::string& file, bool is_rewriting) {
    std::ifstream in(file);
    if (!in) throw Mistake{file + ": cannot be read"};
    const auto cases = play(file, in);
    std::size_t differing = 0;
    std::ostringstream text;
    for (const auto& one : cases) {
        for (const auto& line : one.is) text << line << "\n";
        const bool has_bug = std::any_of(one.is.begin(), one.is.end(), [](const std::string& line) {
            return line.rfind("    BUG", 0) == 0;
        });
        if (one.was == one.is && !has_bug) continue;
        differing++;
        if (is_rewriting && !has_bug) continue;
        std::cout << file << ": " << one.title << "\n";
        print_difference(one.was, one.is);
    }
    std::cout << file << ": " << cases.size() - 1 << " cases, " << differing << " differ\n";
    if (is_rewriting) std::ofstream(file) << text.str();
    return differing;
}

}  // namespace

int main(int argc, char** argv) {
    bool is_rewriting = false;
    std::size_t differing = 0, files = 0;
    try {
        for (int i = 1; i < argc; i++) {
            const std::string argument = argv[i];
            if (argument == "--rewrite") {
                is_rewriting = true;
                continue;
            }
            files++;
            differing += run_file(argument, is_rewriting);
        }
    } catch (const Mistake& mistake) {
        std::cout << mistake.text << "\n";
        return 2;
    }
    if (files == 0) {
        std::cout << "usage: placement-museum [--rewrite] FILE...\n";
        return 2;
    }
    return differing == 0 || is_rewriting ? 0 : 1;
}
