/* Fence: a device that can cut a lost node off, so that it can do no harm for certain.
 *
 * An instance belongs to one device of one node, named by ha_config_t.target_name; it is worked
 * from another node. The host verifies: after off it asks status until that says off, and counts a
 * device that says otherwise as failed. So status must look at the device anew, never at what off
 * did.
 */
#ifndef HA_PLUGIN_FENCE_H
#define HA_PLUGIN_FENCE_H

#include "operation.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Results of status. */
#define HA_POWER_UNKNOWN UINT32_C(0) /* could not be found out; no evidence either way */
#define HA_POWER_OFF UINT32_C(1)     /* the node is off, or cut off from all that it could harm */
#define HA_POWER_ON UINT32_C(2)

typedef struct ha_fence ha_fence_t;
struct ha_fence {
    uint32_t size;
    uint32_t reserved; /* 0 */
    void *plugin_data; /* the plugin's own; not for the host */

    /* Frees the instance. [worker & no-operation, quick] */
    void (*destroy)(const ha_fence_t *fence);

    /* Cuts the node off; success only when the device has said that it did. When the operation is
     * cancelled or its deadline is over, whatever was started for it must have ended before the
     * function returns, as far as that can be: the node is not let back in before. After a success
     * nothing of it may happen later. [worker, may-block, idempotent] */
    int32_t (*off)(const ha_fence_t *fence, const ha_operation_t *operation);

    /* Lets it on again. Null, or HA_ERROR_UNSUPPORTED, when there is no such thing.
     * [worker, may-block, idempotent] */
    int32_t (*on)(const ha_fence_t *fence, const ha_operation_t *operation);

    /* Looks whether the node is on. With `unknown` goes a reason by set_error; a negative result
     * counts as `unknown`. Changes nothing. [worker, may-block, idempotent] */
    int32_t (*status)(const ha_fence_t *fence, const ha_operation_t *operation, uint32_t *power);

    /* Looks at the configuration itself, as closely as is possible without the device: programs
     * that must be there, parameters that a program of this machine knows. The configuration check
     * calls it. Null when create has seen all there is. [worker, may-block, idempotent] */
    int32_t (*validate)(const ha_fence_t *fence, const ha_operation_t *operation);

    /* An optional service of the plugin, by id "ha.<name>/<rev>"; null when it has none. What is
     * returned lives as long as the instance. [any-thread] */
    const void *(*get_extension)(const ha_fence_t *fence, const char *id);
};

#ifdef __cplusplus
}
#endif

#endif
