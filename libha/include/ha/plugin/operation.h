/* Operation: one call into an instance, with its deadline, its epoch and the reason for it. */
#ifndef HA_PLUGIN_OPERATION_H
#define HA_PLUGIN_OPERATION_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Values of ha_operation_t.kind. */
#define HA_OPERATION_START UINT32_C(1)
#define HA_OPERATION_STOP UINT32_C(2)
#define HA_OPERATION_PROBE UINT32_C(3)
#define HA_OPERATION_SEVER UINT32_C(4)
#define HA_OPERATION_CHECK UINT32_C(5)
#define HA_OPERATION_FENCE_OFF UINT32_C(6)
#define HA_OPERATION_FENCE_ON UINT32_C(7)
#define HA_OPERATION_FENCE_STATUS UINT32_C(8)
#define HA_OPERATION_VALIDATE UINT32_C(9)

/* Values of ha_operation_t.event: why the group is active on this node. */
#define HA_EVENT_NONE UINT32_C(0)
#define HA_EVENT_START UINT32_C(1)    /* cluster start, request, move, restart by a monitor */
#define HA_EVENT_FAILOVER UINT32_C(2) /* its node was lost, or it failed there */
#define HA_EVENT_RECOVER UINT32_C(3)  /* run on a standby node after a node came back */

/* Values of ha_operation_t.factor: the reason of a stop. */
#define HA_FACTOR_NONE UINT32_C(0)
#define HA_FACTOR_CLUSTER_SHUTDOWN UINT32_C(1)
#define HA_FACTOR_NODE_SHUTDOWN UINT32_C(2)
#define HA_FACTOR_GROUP_STOP UINT32_C(3)
#define HA_FACTOR_GROUP_MOVE UINT32_C(4)
#define HA_FACTOR_GROUP_FAILOVER UINT32_C(5)
#define HA_FACTOR_GROUP_RESTART UINT32_C(6)
#define HA_FACTOR_RESOURCE_RESTART UINT32_C(7)
#define HA_FACTOR_LEASE_LOST UINT32_C(8) /* this node may run nothing any more */

/* Values of ha_operation_t.last_action: what follows the stop on this node. */
#define HA_LAST_ACTION_NONE UINT32_C(0)
#define HA_LAST_ACTION_REBOOT UINT32_C(1)
#define HA_LAST_ACTION_HALT UINT32_C(2)

/* Bits of ha_operation_t.flags. */
#define HA_OPERATION_AT_HOME UINT32_C(1) /* this node is the group's most preferred one */

typedef struct ha_operation ha_operation_t;
struct ha_operation {
    uint32_t size;
    uint32_t kind;
    void *host_data; /* the host's own; not for the plugin */
    uint64_t id;     /* unique within one run of the host */

    /* Boot clock time by which the function must have returned. After it the host counts the
     * operation as failed, whatever comes back. Always set. */
    int64_t deadline_ns;

    /* Becomes readable when the operation is cancelled, so that a plugin can poll it beside its
     * own descriptors; -1 when the host has none (then ask is_cancelled). Not to be read, written
     * or closed by the plugin. */
    int32_t cancel_fd;

    uint32_t attempt; /* 1 for the first try */
    ha_epoch_t epoch; /* incarnation 0: none, for example of a monitor that is always on */
    uint32_t event;
    uint32_t factor;
    uint32_t last_action;
    uint32_t flags;
    uint32_t priority; /* place of this node in the group's failover policy, from 1; 0 unknown */
    uint32_t reserved; /* 0 */

    /* 1 once the host wants the operation to end; the plugin undoes what it has half done if that
     * is quick, and returns HA_ERROR_CANCELLED. [any-thread] */
    int32_t (*is_cancelled)(const ha_operation_t *operation);

    /* Why the operation fails; the last text counts. [the operation's own thread] */
    void (*set_error)(const ha_operation_t *operation, const char *text);
};

#ifdef __cplusplus
}
#endif

#endif
