/* A resource plugin in C: "marker" is active while a file exists. */
#include <errno.h>
#include <ha/plugin/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The state of one instance, beside the functions that the host calls. */
typedef struct marker {
    ha_resource_t resource;
    const char *path; /* the host's, lives as long as the instance */
} marker_t;

static const char *path_of(const ha_resource_t *r) {
    return ((const marker_t *)r->plugin_data)->path;
}

static int32_t fail(const ha_operation_t *operation, const char *deed, const char *path) {
    char text[512];
    snprintf(text, sizeof(text), "%s %s: %s", deed, path, strerror(errno));
    operation->set_error(operation, text);
    return HA_ERROR_IO;
}

static int32_t start(const ha_resource_t *r, const ha_operation_t *operation) {
    FILE *file = fopen(path_of(r), "w");
    if (file == NULL) return fail(operation, "create", path_of(r));
    fclose(file);
    return HA_OK;
}

static int32_t remove_file(const ha_resource_t *r, const ha_operation_t *operation) {
    if (unlink(path_of(r)) != 0 && errno != ENOENT) return fail(operation, "remove", path_of(r));
    return HA_OK;
}

static int32_t probe(const ha_resource_t *r, const ha_operation_t *operation, uint32_t *status) {
    (void)operation;
    *status = access(path_of(r), F_OK) == 0 ? HA_STATUS_ONLINE : HA_STATUS_OFFLINE;
    return HA_OK;
}

static void destroy(const ha_resource_t *r) { free(r->plugin_data); }
static const void *get_extension(const ha_resource_t *r, const char *id) {
    return (void)r, (void)id, NULL;
}

static const ha_parameter_t k_path = {
    .size = sizeof(ha_parameter_t), .type = HA_PARAMETER_PATH, .flags = HA_PARAMETER_REQUIRED,
    .name = "path", .help = "File that exists while the resource is online.",
};
static const ha_parameter_t *const k_parameters[] = {&k_path};
static const ha_descriptor_t k_type = {
    .size = sizeof(ha_descriptor_t), .kind = HA_KIND_RESOURCE, .type_name = "marker",
    .version = "1.0", .summary = "A file that exists where the group runs.",
    .requirement = HA_REQUIRES_QUORUM, .flags = HA_TYPE_CAN_SEVER, .sever_bound_ns = 1000000,
    .parameters = k_parameters, .parameter_count = 1,
};

static uint32_t get_type_count(const ha_plugin_factory_t *f) { return (void)f, 1; }
static const ha_descriptor_t *get_descriptor(const ha_plugin_factory_t *f, uint32_t index) {
    return (void)f, index == 0 ? &k_type : NULL;
}
static const ha_resource_t *create_resource(const ha_plugin_factory_t *f, const char *type_name,
                                            const ha_host_t *host, const ha_config_t *config) {
    marker_t *made = calloc(1, sizeof(*made));
    (void)f, (void)type_name;
    if (made == NULL) return host->set_error(host, "out of memory"), NULL;
    made->path = config->get(config, "path");
    made->resource = (ha_resource_t){
        .size = sizeof(ha_resource_t), .plugin_data = made, .destroy = destroy, .start = start,
        .stop = remove_file, .probe = probe, .sever = remove_file, .get_extension = get_extension,
    };
    return &made->resource;
}

static const ha_plugin_factory_t k_factory = {
    .size = sizeof(ha_plugin_factory_t), .get_type_count = get_type_count,
    .get_descriptor = get_descriptor, .create_resource = create_resource,
};
static const void *get_factory(const char *id) {
    return strcmp(id, HA_PLUGIN_FACTORY_ID) == 0 ? &k_factory : NULL;
}
const ha_plugin_entry_t ha_plugin_entry = {
    sizeof(ha_plugin_entry_t), HA_PLUGIN_ABI_MAJOR, HA_PLUGIN_ABI_MINOR, NULL, NULL, get_factory,
};
