/* Factory: the types of a plugin, and how instances of them are made. */
#ifndef HA_PLUGIN_FACTORY_H
#define HA_PLUGIN_FACTORY_H

#include "descriptor.h"
#include "fence.h"
#include "monitor.h"
#include "resource.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HA_PLUGIN_FACTORY_ID "ha.factory/1"

typedef struct ha_plugin_factory ha_plugin_factory_t;
struct ha_plugin_factory {
    uint32_t size;
    uint32_t reserved;  /* 0 */
    void *plugin_data;  /* the plugin's own; not for the host */

    /* How many types, 1..HA_LIMIT_TYPES; constant. [any-thread, quick] */
    uint32_t (*get_type_count)(const ha_plugin_factory_t *factory);

    /* The descriptor of a type, index below the count; constant. [any-thread, quick] */
    const ha_descriptor_t *(*get_descriptor)(const ha_plugin_factory_t *factory, uint32_t index);

    /* Makes an instance: reads and checks its parameters, touches nothing else. Null on failure,
     * after host->set_error. The host calls destroy. Null when the plugin has no resource types.
     * [worker, quick] */
    const ha_resource_t *(*create_resource)(const ha_plugin_factory_t *factory,
                                            const char *type_name, const ha_host_t *host,
                                            const ha_config_t *config);

    /* The same for monitors. [worker, quick] */
    const ha_monitor_t *(*create_monitor)(const ha_plugin_factory_t *factory,
                                          const char *type_name, const ha_host_t *host,
                                          const ha_config_t *config);

    /* The same for fence devices; since minor 1. [worker, quick] */
    const ha_fence_t *(*create_fence)(const ha_plugin_factory_t *factory, const char *type_name,
                                      const ha_host_t *host, const ha_config_t *config);
};

#ifdef __cplusplus
}
#endif

#endif
