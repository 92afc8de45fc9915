/* Descriptors: what a type is and which parameters it takes, as plain data.
 *
 * The host reads them without creating an instance: the configuration check and the reference
 * documentation are made from them. They are constant and live as long as the plugin is loaded.
 */
#ifndef HA_PLUGIN_DESCRIPTOR_H
#define HA_PLUGIN_DESCRIPTOR_H

#include "version.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Values of ha_parameter_t.type. The host hands each value over as text. */
#define HA_PARAMETER_STRING UINT32_C(1)
#define HA_PARAMETER_INTEGER UINT32_C(2)  /* decimal, optional '-' */
#define HA_PARAMETER_BOOLEAN UINT32_C(3)  /* "true" or "false" */
#define HA_PARAMETER_DURATION UINT32_C(4) /* "250ms", "5s", "2min", "1h"; ns us ms s min h d */
#define HA_PARAMETER_ADDRESS UINT32_C(5)  /* IPv4 or IPv6, optional "/prefix" */
#define HA_PARAMETER_PATH UINT32_C(6)     /* absolute path */
#define HA_PARAMETER_LIST UINT32_C(7)     /* items separated by '\n', each of `item_type` */

/* Bits of ha_parameter_t.flags. */
#define HA_PARAMETER_REQUIRED UINT32_C(1)
#define HA_PARAMETER_SECRET UINT32_C(2) /* never shown nor logged */

typedef struct ha_parameter {
    uint32_t size;
    uint32_t type;
    uint32_t flags;
    uint32_t item_type; /* of a list; else 0 */
    /* Inclusive range: the number of an integer, nanoseconds of a duration, bytes of a string or
     * path, items of a list. No range when both are 0. */
    int64_t minimum;
    int64_t maximum;
    const char *name;
    const char *default_value; /* as text; null: no default */
    const char *choices;       /* allowed values of a string, "a|b|c"; null: any */
    const char *help;          /* one or two sentences */
} ha_parameter_t;

/* Values of ha_descriptor_t.kind. */
#define HA_KIND_RESOURCE UINT32_C(1)
#define HA_KIND_MONITOR UINT32_C(2)
#define HA_KIND_FENCE UINT32_C(3) /* since minor 1 */

/* Values of ha_descriptor_t.requirement: what must hold before a resource of this type may be
 * started elsewhere when its node is lost. Monitors and fence types have HA_REQUIRES_NOTHING. */
#define HA_REQUIRES_NOTHING UINT32_C(0)
#define HA_REQUIRES_QUORUM UINT32_C(1)
#define HA_REQUIRES_FENCING UINT32_C(2)

/* Bits of ha_descriptor_t.flags. */
#define HA_TYPE_CAN_SEVER UINT32_C(1)    /* sever makes an instance harmless within sever_bound */
#define HA_TYPE_EVENT_DRIVEN UINT32_C(2) /* monitors: has "ha.pollable/1", so needs no polling */

typedef struct ha_descriptor {
    uint32_t size;
    uint32_t kind;
    uint32_t requirement;
    uint32_t flags;
    int64_t sever_bound_ns; /* longest time that sever takes; 0 without HA_TYPE_CAN_SEVER */
    const char *type_name;  /* as written in the configuration, unique per kind */
    const char *version;    /* of this implementation, for people */
    const char *summary;    /* one sentence */
    const ha_parameter_t *const *parameters; /* may be null when there are none */
    uint32_t parameter_count;
    uint32_t reserved; /* 0 */
} ha_descriptor_t;

#ifdef __cplusplus
}
#endif

#endif
