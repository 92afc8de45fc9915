/* Resource: something that is started, stopped, probed and severed. */
#ifndef HA_PLUGIN_RESOURCE_H
#define HA_PLUGIN_RESOURCE_H

#include "operation.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Results of probe. */
#define HA_STATUS_UNKNOWN UINT32_C(0) /* could not be found out; no evidence either way */
#define HA_STATUS_OFFLINE UINT32_C(1) /* verified: nothing of it is active here */
#define HA_STATUS_ONLINE UINT32_C(2)
#define HA_STATUS_FAILED UINT32_C(3) /* was started, is broken or half there */

typedef struct ha_resource ha_resource_t;
struct ha_resource {
    uint32_t size;
    uint32_t reserved;  /* 0 */
    void *plugin_data;  /* the plugin's own; not for the host */

    /* Frees the instance. What is online stays online: a host that goes away and comes back finds
     * it again by probe. [worker & no-operation, quick] */
    void (*destroy)(const ha_resource_t *resource);

    /* Makes it active; success only when it is. A start of what is online already succeeds. After
     * a failure the host calls stop. [worker, may-block, idempotent] */
    int32_t (*start)(const ha_resource_t *resource, const ha_operation_t *operation);

    /* Makes it inactive; success only when that has been verified, since other nodes rely on it. A
     * stop of what is offline already succeeds. [worker, may-block, idempotent] */
    int32_t (*stop)(const ha_resource_t *resource, const ha_operation_t *operation);

    /* Finds out how it is and changes nothing. [worker, may-block, idempotent] */
    int32_t (*probe)(const ha_resource_t *resource, const ha_operation_t *operation,
                     uint32_t *status);

    /* Makes it harmless at once, without order and without waiting, within the descriptor's
     * sever_bound_ns; stop follows. May run beside another operation, which may then fail. Null
     * without HA_TYPE_CAN_SEVER. [any-thread, bounded, idempotent] */
    int32_t (*sever)(const ha_resource_t *resource, const ha_operation_t *operation);

    /* An optional service of the plugin, by id "ha.<name>/<rev>"; null when it has none. What is
     * returned lives as long as the instance. [any-thread] */
    const void *(*get_extension)(const ha_resource_t *resource, const char *id);
};

#ifdef __cplusplus
}
#endif

#endif
