/* Sever actions: how to make a resource harmless, prepared so that a process which knows nothing of
 * the plugin can do it. Offered by the host to resources.
 *
 * A host that is stopped, killed or being replaced cannot call sever. So a resource hands over,
 * before it becomes active, a few actions on open descriptors; a small process beside the host
 * carries them out when the node's lease is over, whatever the host does. Together they must do
 * what sever does, and may be carried out at any time and more than once.
 *
 * Where the host does not offer this, or knows no such kind of action, a resource works as without
 * it, and the host's status names the lower guarantee.
 */
#ifndef HA_PLUGIN_EXT_SEVER_ACTIONS_H
#define HA_PLUGIN_EXT_SEVER_ACTIONS_H

#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HA_EXT_SEVER_ACTIONS "ha.sever-actions/1"

/* Values of ha_sever_action_t.kind. None of them waits. */

/* Send `bytes`, a whole request that asks for an acknowledgement, to the kernel over the netlink
 * socket `fd`. The kernel answers within the call; the socket is used for nothing else. */
#define HA_SEVER_NETLINK UINT32_C(1)
/* Write `bytes` to `fd`, at its beginning where it has one: a control file such as cgroup.kill, or
 * a connected socket of the program that serves the resource. */
#define HA_SEVER_WRITE UINT32_C(2)
/* Send signal `number` to the process of the pidfd `fd`, and to its process group as well if
 * `group` is not 0: the number of that group, whose leader the process is. */
#define HA_SEVER_SIGNAL UINT32_C(3)

#define HA_LIMIT_SEVER_ACTIONS 4      /* of one resource */
#define HA_LIMIT_SEVER_BYTES 128      /* of one action */
#define HA_LIMIT_SEVER_HARMLESS 4     /* errors that say "harmless already" */

typedef struct ha_sever_action {
    uint32_t size;
    uint32_t kind;
    int32_t fd;           /* the host makes a copy of it */
    int32_t number;
    uint32_t group;
    uint32_t byte_count;
    const void *bytes;
    /* errno values that mean that there is nothing left to sever; 0: none */
    int32_t harmless[HA_LIMIT_SEVER_HARMLESS];
} ha_sever_action_t;

typedef struct ha_sever_actions {
    uint32_t size;
    uint32_t reserved; /* 0 */

    /* Takes the place of what the instance handed over before; with a count of 0 nothing is left to
     * sever. When it returns HA_OK the actions are where they have to be, or the host does without
     * them: now what they undo may be made active. HA_ERROR_REFUSED: the lease is over, nothing may
     * be made active. HA_ERROR_UNSUPPORTED: a kind of action that the host does not know.
     * The host drops them by itself after a stop that succeeded. [worker & in an operation] */
    int32_t (*put)(const ha_host_t *host, const ha_sever_action_t *actions, uint32_t count);
} ha_sever_actions_t;

#ifdef __cplusplus
}
#endif

#endif
