/* Exclusive: what can be active at one place only, and is looked for where it should not be.
 *
 * Offered by a resource, as it is configured, when four things hold: active on two nodes it does
 * harm; its probe tells what is active on this machine whoever has started it, and not only what
 * this instance has; it takes nothing else for it; and the probe is cheap enough for every minute,
 * and ends when it is cancelled. The host then probes it on nodes that run it not, by an instance
 * of its own that does nothing else, and takes `online`, twice on end, for a dual activation,
 * which it ends by stop.
 */
#ifndef HA_PLUGIN_EXT_EXCLUSIVE_H
#define HA_PLUGIN_EXT_EXCLUSIVE_H

#include "../resource.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HA_EXT_EXCLUSIVE "ha.exclusive/1"

typedef struct ha_exclusive {
    uint32_t size;
    uint32_t reserved; /* 0 */
} ha_exclusive_t;

#ifdef __cplusplus
}
#endif

#endif
