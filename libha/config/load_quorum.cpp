// Loading of who decides: the quorum policy, its tie breaker, and what a node does that is no part
// of a quorum.
#include <arpa/inet.h>

#include "config/address.hpp"
#include "config/loading.hpp"

namespace ha::config {

namespace {

bool is_ip_address(const std::string& text) {
    in_addr four{};
    in6_addr six{};
    return inet_pton(AF_INET, text.c_str(), &four) == 1 ||
           inet_pton(AF_INET6, text.c_str(), &six) == 1;
}

/// What is wrong with a target, and what would be right; empty: nothing.
std::string flaw_of_target(model::TieBreaker kind, const std::string& text) {
    if (kind == model::TieBreaker::ping) {
        if (is_ip_address(text)) return {};
        // A name server that went with the network would make every target silent.
        return in_quotes(text) + " is no IP address; write it as 192.0.2.1 or 2001:db8::1, without "
                                 "a port";
    }
    constexpr std::string_view k_scheme = "http://";
    if (!text.starts_with(k_scheme))
        return in_quotes(text) + " is no web address; write it as http://192.0.2.1/ or "
                                 "http://192.0.2.1:8080/path";
    const auto rest = text.substr(k_scheme.size());
    const auto host = rest.substr(0, rest.find('/'));
    const auto address = parse_address(host);
    if (!address.flaw.empty() || address.family == Address::Family::name)
        return in_quotes(text) + " names no host by its IP address; write it as http://192.0.2.1/ "
                                 "or http://[2001:db8::1]:8080/path";
    for (const char c : rest)
        if (c <= ' ' || c == 0x7f) return in_quotes(text) + " holds a space or a control character";
    return {};
}

void load_targets(Loading& loading) {
    auto& spec = loading.spec;
    const auto& document = loading.document;
    const auto targets = document.names("tie_breaker_targets");
    const bool is_outside = spec.tie_breaker == model::TieBreaker::ping ||
                            spec.tie_breaker == model::TieBreaker::http;
    if (!is_outside) {
        if (!targets.empty())
            document.error("tie_breaker_targets",
                           "there is nothing to ask: only the tie breakers ping and http have "
                           "targets");
        return;
    }
    for (const auto& target : targets) {
        if (auto flaw = flaw_of_target(spec.tie_breaker, target.name); !flaw.empty())
            loading.problems.error(target.place, target.path, std::move(flaw));
        spec.tie_breaker_targets.push_back(target.name);
    }
    if (targets.empty())
        document.error("tie_breaker_targets",
                       std::string("the tie breaker ") + word_of(spec.tie_breaker) +
                           " needs at least one target that both nodes reach, such as their "
                           "router: \"tie_breaker_targets\": [\"192.0.2.1\"]");
}

/// D5: how weak it is, and what a witness would give instead; in one warning, for it is one choice.
void warn_of_tie_breaker(Loading& loading) {
    const auto& document = loading.document;
    const auto kind = loading.spec.tie_breaker;
    if (document.find("tie_breaker") == nullptr || kind == model::TieBreaker::fencing) return;
    std::string text =
        kind == model::TieBreaker::none
            ? "with none both nodes run everything when they lose each other; it is found and "
              "resolved only when they meet again"
            : std::string("with ") + word_of(kind) +
                  " both nodes run everything when they lose each other and both reach a target";
    document.warning("tie_breaker",
                     std::move(text) + ". A witness on a third machine, under the policy majority, "
                                       "prevents that, and with it a node that starts alone need "
                                       "not wait for the other");
}

void load_two_node(Loading& loading) {
    auto& spec = loading.spec;
    const auto& document = loading.document;
    if (spec.nodes.size() != 2)
        document.error("quorum", "two_node is for two nodes, and there are " +
                                     std::to_string(spec.nodes.size()) + "; use majority");
    if (document.find("tie_breaker") == nullptr)
        document.error("quorum", "two_node needs a \"tie_breaker\": fencing, ping, http or none");
    if (spec.quorum_loss != model::QuorumLoss::stop)
        document.error("quorum_loss", "is for the policy majority; under two_node the tie breaker "
                                      "says what a lone node keeps running");
    load_targets(loading);
    spec.fence_delay = document.duration("fence_delay", Duration{0});
    warn_of_tie_breaker(loading);
    if (spec.alone_at_start && spec.tie_breaker == model::TieBreaker::fencing)
        document.error("alone_at_start",
                       "is for the tie breakers none, ping and http: with fencing a node that "
                       "starts alone would shoot at one that knows more; 'hactl cluster go-alone' "
                       "is for that");
    else if (spec.alone_at_start)
        document.warning("alone_at_start",
                         "a node that starts alone may go on from a state that is older than what "
                         "the other node did without it");
}

void load_majority(Loading& loading) {
    auto& spec = loading.spec;
    const auto& document = loading.document;
    for (const auto* field :
         {"tie_breaker", "tie_breaker_targets", "alone_at_start", "fence_delay"})
        if (document.find(field) != nullptr)
            document.error(field, "is for the policy two_node; with majority the nodes decide by "
                                  "themselves");
    spec.tie_breaker = model::TieBreaker::none;
    spec.alone_at_start = false;
    if (spec.nodes.size() == 2 && !model::has_witness(spec))
        document.warning("nodes",
                         "two nodes under the policy 'majority': when one is lost, the other has "
                         "no majority and stops its groups; a third node, a witness, or the policy "
                         "two_node prevents that");
    if (spec.quorum_loss != model::QuorumLoss::stop)
        document.warning("quorum_loss",
                         "the others do not take over what a lost node runs, because it goes on "
                         "running it: it has to come back, or an operator says that it is off");
}

}  // namespace

void load_quorum(Loading& loading) {
    const auto& document = loading.document;
    auto& spec = loading.spec;
    spec.quorum = document.choice<model::QuorumPolicy>("quorum");
    spec.tie_breaker = document.choice<model::TieBreaker>("tie_breaker");
    spec.quorum_loss = document.choice<model::QuorumLoss>("quorum_loss");
    spec.partition_action = document.choice<model::PartitionAction>("partition_action");
    spec.dual_activation = document.choice<model::DualActivation>("dual_activation");
    spec.alone_at_start = document.choice<AloneAtStart>("alone_at_start") == AloneAtStart::allow;
    switch (spec.quorum) {
        case model::QuorumPolicy::majority: load_majority(loading); return;
        case model::QuorumPolicy::two_node: load_two_node(loading); return;
    }
}

}  // namespace ha::config
