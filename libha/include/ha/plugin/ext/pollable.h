/* Pollable: a monitor that is told by the kernel instead of asking again and again.
 *
 * The host arms the monitor, waits until the descriptor is readable, and calls on_ready; then it
 * arms again if it wants to go on. While armed no periodic check is needed. Implemented by
 * monitors with HA_TYPE_EVENT_DRIVEN.
 */
#ifndef HA_PLUGIN_EXT_POLLABLE_H
#define HA_PLUGIN_EXT_POLLABLE_H

#include "../monitor.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HA_EXT_POLLABLE "ha.pollable/1"

typedef struct ha_pollable {
    uint32_t size;
    uint32_t reserved; /* 0 */

    /* A descriptor to poll for POLLIN, or a negative code. It stays the plugin's, is valid until
     * disarm, on_ready or the next arm, and may be readable at once. [worker & !armed, quick] */
    int32_t (*arm)(const ha_monitor_t *monitor, const ha_operation_t *operation);

    /* The descriptor was readable: what does that mean? `ok` and `unknown` are possible too. The
     * monitor is no longer armed after it. [worker & armed, quick] */
    int32_t (*on_ready)(const ha_monitor_t *monitor, const ha_operation_t *operation,
                        uint32_t *verdict);

    /* Watch no longer; the host does not poll the descriptor any more when it calls this.
     * [worker, quick, idempotent] */
    void (*disarm)(const ha_monitor_t *monitor);
} ha_pollable_t;

#ifdef __cplusplus
}
#endif

#endif
