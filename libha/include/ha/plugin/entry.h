/* Entry: the one symbol that a plugin's shared object exports.
 *
 *     const ha_plugin_entry_t ha_plugin_entry = {
 *         sizeof(ha_plugin_entry_t), HA_PLUGIN_ABI_MAJOR, HA_PLUGIN_ABI_MINOR,
 *         my_init, my_deinit, my_get_factory,
 *     };
 *
 * There are no registration calls: the host asks. Loading runs first in a process that is thrown
 * away, so that a plugin which crashes there is refused; so init is called more than once on a
 * machine, and must be quick and touch nothing outside its own memory.
 */
#ifndef HA_PLUGIN_ENTRY_H
#define HA_PLUGIN_ENTRY_H

#include "factory.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HA_PLUGIN_ENTRY_SYMBOL "ha_plugin_entry"

typedef struct ha_plugin_entry_table {
    uint32_t size;
    uint16_t abi_major; /* HA_PLUGIN_ABI_MAJOR the plugin was built with */
    uint16_t abi_minor;

    /* Called once before anything else. `path` is the shared object's. 0, or a negative code: then
     * nothing else is called. May be null. [loader, quick] */
    int32_t (*init)(const char *path);

    /* Called once after a successful init, when no instance is left. May be null. [loader] */
    void (*deinit)(void);

    /* By HA_PLUGIN_FACTORY_ID a `const ha_plugin_factory_t *`; null for what it does not know.
     * [any-thread, quick] */
    const void *(*get_factory)(const char *factory_id);
} ha_plugin_entry_t;

HA_PLUGIN_EXPORT extern const ha_plugin_entry_t ha_plugin_entry;

#ifdef __cplusplus
}
#endif

#endif
