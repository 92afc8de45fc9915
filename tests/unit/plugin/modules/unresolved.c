/* A plugin that needs a symbol which nobody has. */
#include <ha/plugin/plugin.h>

int32_t ha_test_symbol_of_nobody(void);
static const void *get_factory(const char *id) {
    (void)id;
    return ha_test_symbol_of_nobody() == 0 ? NULL : NULL;
}
const ha_plugin_entry_t ha_plugin_entry = {
    sizeof(ha_plugin_entry_t), HA_PLUGIN_ABI_MAJOR, HA_PLUGIN_ABI_MINOR, NULL, NULL, get_factory,
};
