/* The whole plugin ABI: entry, factory, resources, monitors, fence devices, extensions. */
#ifndef HA_PLUGIN_PLUGIN_H
#define HA_PLUGIN_PLUGIN_H

#include "entry.h"
#include "ext/exclusive.h"
#include "ext/pollable.h"
#include "ext/resource_state.h"
#include "ext/sever_actions.h"

#endif
