// Checkers: election safety, leader completeness, state machine safety, log matching.
#include "checkers.hpp"

#include <algorithm>

#include "base/checksum.hpp"

namespace test {

namespace {
std::string text(NodeId n) {
    return "node " + std::to_string(n.value);
}
std::string text(LogIndex i) {
    return "entry " + std::to_string(i.value);
}
std::string text(Term t) {
    return "term " + std::to_string(t.value);
}
}  // namespace

Bytes Checkers::apply(const Bytes& document, const wire::LogEntry& entry) {
    Bytes all = document;
    Writer w(all);
    w.id(entry.index);
    w.id(entry.term);
    w.enumeration(entry.kind);
    w.blob(entry.payload);
    Bytes out;
    Writer(out).u64(digest64(all));
    return out;
}

void Checkers::on_leader(NodeId node, const Raft& raft) {
    const auto [at, is_new] = leaders_.emplace(raft.term(), node);
    if (!is_new && at->second != node)
        violate("election safety: " + text(raft.term()) + " is led by " + text(at->second) +
                " and " + text(node));
    for (const auto& [index, fact] : committed_) {
        if (fact.seen_in >= raft.term() || index <= raft.snapshot_index()) continue;
        const auto entries = raft.entries_after(LogIndex{index.value - 1});
        if (entries.empty() || entries.front() != fact.entry) {
            violate("leader completeness: " + text(node) + " leads " + text(raft.term()) +
                    " without committed " + text(index));
            return;
        }
    }
}

void Checkers::on_committed(NodeId node, Term term, const wire::LogEntry& entry) {
    const auto at = committed_.find(entry.index);
    if (at != committed_.end()) {
        at->second.seen_in = std::min(at->second.seen_in, term);
        if (at->second.entry != entry)
            violate("state machine safety: " + text(node) + " has another " + text(entry.index));
        return;
    }
    const auto before = LogIndex{entry.index.value - 1};
    const auto last = committed_.empty() ? first_ : committed_.rbegin()->first;
    if (before != last) {
        violate("commit order: " + text(node) + " committed " + text(entry.index) + " after " +
                text(last));
        return;
    }
    const auto& document = committed_.empty() ? founded_ : committed_.rbegin()->second.document;
    committed_.emplace(entry.index, Fact{entry, term, apply(document, entry)});
}

void Checkers::on_restored(NodeId node, const wire::Snapshot& snapshot) {
    if (snapshot.index == first_) {
        if (snapshot.document != founded_) violate(text(node) + " has another founding document");
        return;
    }
    const auto at = committed_.find(snapshot.index);
    if (at == committed_.end() || at->second.document != snapshot.document)
        violate("snapshot: " + text(node) + " has another document at " + text(snapshot.index));
}

void Checkers::on_logs(NodeId a, const Raft& left, NodeId b, const Raft& right) {
    auto index = std::min(left.last_index(), right.last_index());
    const auto bottom = std::max(left.snapshot_index(), right.snapshot_index());
    bool must_match = false;
    for (; index > bottom; index = LogIndex{index.value - 1}) {
        const auto& x = left.entries_after(LogIndex{index.value - 1}).front();
        const auto& y = right.entries_after(LogIndex{index.value - 1}).front();
        must_match |= x.term == y.term;
        if (must_match && x != y) {
            violate("log matching: " + text(a) + " and " + text(b) + " differ at " + text(index));
            return;
        }
    }
}

}  // namespace test
