/* Version of the plugin ABI.
 *
 * A host loads a plugin when the major numbers are equal. Within a major, structs only grow at
 * their end and nothing changes its meaning, so any pair of minors works: each side looks at the
 * `size` of the other's structs before it touches a field that is newer than minor 0.
 */
#ifndef HA_PLUGIN_VERSION_H
#define HA_PLUGIN_VERSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HA_PLUGIN_ABI_MAJOR 1
#define HA_PLUGIN_ABI_MINOR 1 /* 1: fence types */

#if defined(__GNUC__)
#define HA_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define HA_PLUGIN_EXPORT
#endif

/* True when a struct that the other side filled reaches as far as `field`; a field that it does
 * not reach is to be taken as null or zero. */
#define HA_HAS_FIELD(pointer, type, field) \
    ((pointer)->size >= offsetof(type, field) + sizeof((pointer)->field))

#endif
