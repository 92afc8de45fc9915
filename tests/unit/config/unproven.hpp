// Loading what is written and not proven yet, as a build with -Dunproven=true does.
#pragma once

#include "config/load.hpp"

namespace ha::config {

inline LoadOptions taking_unproven() {
    LoadOptions options;
    options.takes_unproven = true;
    return options;
}

}  // namespace ha::config
