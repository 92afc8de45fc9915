// The whole C++ API.
#pragma once

#include "ha/cluster.hpp"
#include "ha/error.hpp"
#include "ha/insight.hpp"
#include "ha/notice.hpp"
#include "ha/options.hpp"
#include "ha/replay.hpp"
#include "ha/status.hpp"
