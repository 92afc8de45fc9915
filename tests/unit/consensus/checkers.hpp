// Checkers: what must hold in every run of a cluster, watched from outside (3.2, figure 3.2).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "consensus/raft.hpp"

namespace test {

using namespace ha;
using consensus::Raft;

/// Each `on_` returns nothing when all is well; a broken rule is kept in `violations`.
class Checkers {
 public:
    void on_leader(NodeId node, const Raft& raft);
    void on_committed(NodeId node, Term term, const wire::LogEntry& entry);
    void on_restored(NodeId node, const wire::Snapshot& snapshot);
    void on_logs(NodeId a, const Raft& left, NodeId b, const Raft& right);

    LogIndex newest() const { return committed_.empty() ? LogIndex{} : committed_.rbegin()->first; }
    const std::vector<std::string>& violations() const { return violations_; }

    /// The state machine of the tests: a digest over all that was applied, in order.
    static Bytes apply(const Bytes& document, const wire::LogEntry& entry);

 private:
    struct Fact {
        wire::LogEntry entry;
        Term seen_in;    ///< term of the first node that saw it committed
        Bytes document;  ///< after it was applied
    };
    void violate(std::string what) { violations_.push_back(std::move(what)); }

    std::map<Term, NodeId> leaders_;
    std::map<LogIndex, Fact> committed_;
    LogIndex first_;  ///< of the founding document
    Bytes founded_;
    std::vector<std::string> violations_;

 public:
    void on_founded(LogIndex index, Bytes document) {
        first_ = index;
        founded_ = std::move(document);
    }
};

}  // namespace test
