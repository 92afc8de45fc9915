/* Monitor: something that is watched. It never starts or stops anything. */
#ifndef HA_PLUGIN_MONITOR_H
#define HA_PLUGIN_MONITOR_H

#include "operation.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Results of check. A check that did not come to an answer (a timeout, no memory, no permission)
 * is `unknown`: a monitor that cannot look is no evidence that what it watches is bad. */
#define HA_VERDICT_UNKNOWN UINT32_C(0)
#define HA_VERDICT_OK UINT32_C(1)
#define HA_VERDICT_BAD UINT32_C(2)

typedef struct ha_monitor ha_monitor_t;
struct ha_monitor {
    uint32_t size;
    uint32_t reserved; /* 0 */
    void *plugin_data; /* the plugin's own; not for the host */

    /* Frees the instance. [worker & no-operation, quick] */
    void (*destroy)(const ha_monitor_t *monitor);

    /* Looks once. With `bad` and `unknown` goes a reason by set_error; a negative result counts as
     * `unknown`. [worker, may-block, idempotent] */
    int32_t (*check)(const ha_monitor_t *monitor, const ha_operation_t *operation,
                     uint32_t *verdict);

    /* An optional service of the plugin, by id "ha.<name>/<rev>"; null when it has none. What is
     * returned lives as long as the instance. [any-thread] */
    const void *(*get_extension)(const ha_monitor_t *monitor, const char *id);
};

#ifdef __cplusplus
}
#endif

#endif
