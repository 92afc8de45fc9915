// The C++ glove over the plugin ABI: derive from Resource or Monitor, describe the type as data,
// and declare the entry with one macro. See examples/plugin_cpp for a whole plugin.
//
// A type is a class with `static constexpr TypeInfo k_type` and a constructor from Context, which
// reads its parameters. Failures are thrown as Error; nothing thrown leaves the plugin. The glove
// checks the contract of the ABI on each call and says which side broke it.
#pragma once

#include "ha/plugin/context.hpp"
#include "ha/plugin/entry.hpp"
#include "ha/plugin/failure.hpp"
#include "ha/plugin/fence.hpp"
#include "ha/plugin/monitor.hpp"
#include "ha/plugin/operation.hpp"
#include "ha/plugin/parameters.hpp"
#include "ha/plugin/resource.hpp"
#include "ha/plugin/sever.hpp"
#include "ha/plugin/type.hpp"
#include "ha/plugin/values.hpp"
