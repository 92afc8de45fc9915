// Tie breakers outside of both nodes: does an address answer an echo, or a web server a request?
//
// Blocking, bounded by `timeout`, for a worker's thread; all targets are asked at once, and the
// first that answers is enough. No names are looked up: a name server that went with the network
// would make every target silent.
#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/spec.hpp"

namespace ha::runtime {

struct TargetsAnswer {
    bool is_given = false;
    std::string text;  ///< a part of a sentence: "192.0.2.1 answered"
};

/// `kind` is ping or http; targets as in the configuration.
TargetsAnswer ask_targets(model::TieBreaker kind, const std::vector<std::string>& targets,
                          Duration timeout);

}  // namespace ha::runtime
