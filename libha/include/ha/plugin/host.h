/* Host: what the host offers to an instance, and the instance's place in the cluster.
 *
 * Threads. `[worker]` is a thread of the host's on which a plugin may block; the host calls one
 * operation of an instance at a time, except `sever`, which may come at any moment from any
 * thread. `[any-thread]` functions may be called by any thread, also by the plugin's own, from the
 * beginning of create to the end of destroy. The host and config handed to create live as long as
 * the instance. Strings that the host hands over are UTF-8.
 */
#ifndef HA_PLUGIN_HOST_H
#define HA_PLUGIN_HOST_H

#include "error.h"
#include "limits.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Severity of log lines and events. */
#define HA_SEVERITY_DEBUG UINT32_C(0)
#define HA_SEVERITY_INFO UINT32_C(1)
#define HA_SEVERITY_WARNING UINT32_C(2)
#define HA_SEVERITY_ERROR UINT32_C(3)

/* The fencing epoch of a group's activation: compared in this order, equal only if all are. */
typedef struct ha_epoch {
    uint64_t incarnation; /* 0: no activation */
    uint64_t term;
    uint32_t node;
    uint32_t reserved; /* 0 */
} ha_epoch_t;

typedef struct ha_host ha_host_t;
struct ha_host {
    uint32_t size;
    uint16_t abi_major;
    uint16_t abi_minor;
    void *host_data;     /* the host's own; not for the plugin */
    const char *name;    /* of the host program, for people */
    const char *version; /* of the host program, for people */

    /* An optional service of the host, by id "ha.<name>/<rev>"; null when it has none. What is
     * returned lives as long as the instance. [any-thread] */
    const void *(*get_extension)(const ha_host_t *host, const char *id);

    /* A line for the log; becomes no event. [any-thread] */
    void (*log)(const ha_host_t *host, uint32_t severity, const char *text);

    /* Something an operator wants to know: goes to alerts, syslog, mail. `name` is a stable
     * lower-case word with '_' such as "address_in_use". [any-thread] */
    void (*event)(const ha_host_t *host, uint32_t severity, const char *name, const char *text);

    /* Why create failed; the last text counts. [worker & create] */
    void (*set_error)(const ha_host_t *host, const char *text);

    /* Now, on the clock of all deadlines: nanoseconds of this node's boot clock. [any-thread] */
    int64_t (*now_ns)(const ha_host_t *host);

    /* 1 while `epoch` is the present activation of the instance's group on this node and the
     * node's lease runs; else 0. [any-thread] */
    int32_t (*epoch_valid)(const ha_host_t *host, const ha_epoch_t *epoch);

    /* Boot clock time after which nothing may be made active by this instance's group, as known
     * now: it moves on while the lease is renewed. INT64_MAX: without end. [any-thread] */
    int64_t (*not_after_ns)(const ha_host_t *host);
};

/* The configuration of one instance; lives as long as the instance. */
typedef struct ha_config ha_config_t;
struct ha_config {
    uint32_t size;
    uint32_t reserved; /* 0 */
    void *host_data;   /* the host's own; not for the plugin */
    const char *node_name;
    const char *group_name; /* "" for what belongs to no group */
    const char *name;       /* of the resource, monitor or fence device */

    /* A directory of this instance's own (mode 0700) that outlives the host process and ends with
     * the boot of the machine; what a restarted host needs to find its work again goes there. */
    const char *state_directory;

    /* The value of a parameter as text: as configured, else the descriptor's default, else null.
     * A list's items are separated by '\n'. Valid as long as the instance. [any-thread] */
    const char *(*get)(const ha_config_t *config, const char *parameter);

    /* Of a fence device: the node that it cuts off, while node_name is the one that works it. Else
     * "". Since minor 1. */
    const char *target_name;
};

#ifdef __cplusplus
}
#endif

#endif
