/* A plugin with one fault, chosen when it is compiled: for the tests of the loader. */
#include <ha/plugin/plugin.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAULT_NONE 0
#define FAULT_ABI 1
#define FAULT_CRASH_ON_LOAD 2
#define FAULT_CRASH_IN_INIT 3
#define FAULT_INIT_FAILS 4
#define FAULT_EXIT_ON_LOAD 5
#define FAULT_NO_FACTORY 6
#define FAULT_BAD_TYPE_NAME 7
#define FAULT_BAD_DEFAULT 8
#define FAULT_NO_TYPES 9
#define FAULT_CRASH_IN_DEINIT 10
#define FAULT_SMALL_ENTRY 11

#if FAULT == FAULT_CRASH_ON_LOAD
__attribute__((constructor)) static void crash(void) { abort(); }
#elif FAULT == FAULT_EXIT_ON_LOAD
__attribute__((constructor)) static void leave(void) { _exit(0); }
#endif

static const ha_parameter_t k_delay = {
    .size = sizeof(ha_parameter_t),
    .type = HA_PARAMETER_DURATION,
    .name = "delay",
    .default_value = FAULT == FAULT_BAD_DEFAULT ? "soon" : "5s",
    .help = "Not used.",
};
static const ha_parameter_t *const k_parameters[] = {&k_delay};

static const ha_descriptor_t k_type = {
    .size = sizeof(ha_descriptor_t),
    .kind = HA_KIND_RESOURCE,
    .type_name = FAULT == FAULT_BAD_TYPE_NAME ? "Not A Name" : "plain",
    .version = "1",
    .summary = "A type that does nothing.",
    .parameters = k_parameters,
    .parameter_count = 1,
};

static uint32_t get_type_count(const ha_plugin_factory_t *factory) {
    (void)factory;
    return FAULT == FAULT_NO_TYPES ? 0 : 1;
}

static const ha_descriptor_t *get_descriptor(const ha_plugin_factory_t *factory, uint32_t index) {
    (void)factory;
    return index == 0 ? &k_type : NULL;
}

static const ha_resource_t *create_resource(const ha_plugin_factory_t *factory, const char *name,
                                            const ha_host_t *host, const ha_config_t *config) {
    (void)factory, (void)name, (void)config;
    host->set_error(host, "this one is for loading only");
    return NULL;
}

static const ha_plugin_factory_t k_factory = {
    .size = sizeof(ha_plugin_factory_t),
    .get_type_count = get_type_count,
    .get_descriptor = get_descriptor,
    .create_resource = create_resource,
};

static int32_t init(const char *path) {
    (void)path;
#if FAULT == FAULT_CRASH_IN_INIT
    abort();
#endif
    return FAULT == FAULT_INIT_FAILS ? HA_ERROR_NOT_FOUND : HA_OK;
}

static void deinit(void) {
#if FAULT == FAULT_CRASH_IN_DEINIT
    abort();
#endif
}

static const void *get_factory(const char *id) {
    if (FAULT == FAULT_NO_FACTORY || strcmp(id, HA_PLUGIN_FACTORY_ID) != 0) return NULL;
    return &k_factory;
}

#if FAULT != FAULT_ABI
const ha_plugin_entry_t ha_plugin_entry = {
    FAULT == FAULT_SMALL_ENTRY ? 8 : sizeof(ha_plugin_entry_t),
    HA_PLUGIN_ABI_MAJOR, HA_PLUGIN_ABI_MINOR, init, deinit, get_factory,
};
#else
const ha_plugin_entry_t ha_plugin_entry = {
    sizeof(ha_plugin_entry_t), HA_PLUGIN_ABI_MAJOR + 6, 3, init, deinit, get_factory,
};
#endif
