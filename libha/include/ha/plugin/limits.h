/* Sizes that both sides of the ABI keep. */
#ifndef HA_PLUGIN_LIMITS_H
#define HA_PLUGIN_LIMITS_H

#define HA_LIMIT_TYPE_NAME_BYTES 31   /* of a type name: lower-case letters, digits, '-', '_' */
#define HA_LIMIT_NAME_BYTES 63        /* of a node, group, resource, monitor or parameter */
#define HA_LIMIT_TYPES 64             /* in one factory */
#define HA_LIMIT_PARAMETERS 256       /* of one type */
#define HA_LIMIT_PARAMETER_BYTES 65536 /* of one value */
#define HA_LIMIT_ERROR_BYTES 1023     /* of an error text; a longer one is cut */
#define HA_LIMIT_LOG_BYTES 2047       /* of a log or event text; a longer one is cut */

#endif
