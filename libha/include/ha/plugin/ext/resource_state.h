/* Resource state: a monitor finds the state directory of the resource that it watches. Offered by
 * the host. */
#ifndef HA_PLUGIN_EXT_RESOURCE_STATE_H
#define HA_PLUGIN_EXT_RESOURCE_STATE_H

#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HA_EXT_RESOURCE_STATE "ha.resource-state/1"

typedef struct ha_resource_state {
    uint32_t size;
    uint32_t reserved; /* 0 */

    /* Writes the path of the state directory of resource `name` on this node, with its final
     * zero, into `buffer`. HA_ERROR_LIMIT if it does not fit; HA_ERROR_INVALID if `name` cannot be
     * the name of a resource. The directory need not exist yet. [any-thread, quick] */
    int32_t (*get_directory)(const ha_host_t *host, const char *name, char *buffer,
                             uint32_t buffer_size);
} ha_resource_state_t;

#ifdef __cplusplus
}
#endif

#endif
