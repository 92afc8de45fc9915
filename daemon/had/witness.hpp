// had --witness: a vote for many clusters, and nothing else.
#pragma once

#include <signal.h>

#include "options.hpp"

namespace had {

/// Until TERM or INT; HUP reads the keys anew.
int run_witness(const Options& options, const sigset_t& signals);

}  // namespace had
