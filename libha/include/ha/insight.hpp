// What the cluster would do and why, and what is wrong with a configuration; as plain values.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ha {

/// A node that was not chosen, and the rule that said so.
struct Rejection {
    std::string node;
    std::string rule;
    std::string reason;  ///< part of a sentence: "is in maintenance"
};
/// Where a group is or would be, and why.
struct Explanation {
    std::string group;
    std::string owner;       ///< now; empty: none
    std::string node;        ///< chosen, or where it stays; empty: nowhere
    std::string rule;        ///< short stable name
    std::string reason;      ///< a sentence
    bool is_blocked = false; ///< it should run, and nothing can be done about it
    std::vector<Rejection> rejected;
};

struct ConfigProblem {
    std::size_t line = 0;
    std::size_t column = 0;
    std::string path;  ///< of the field; empty: the document
    std::string text;
};
struct ConfigReport {
    std::vector<ConfigProblem> errors;
    std::vector<ConfigProblem> warnings;
    std::vector<std::string> timing;  ///< the chain of times, one relation each; when it was read
};

}  // namespace ha
