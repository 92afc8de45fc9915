/* What a plugin function returns: 0 for success, or one of these negative codes.
 *
 * With a failure goes a sentence for a person, set by `ha_operation_t.set_error` (by
 * `ha_host_t.set_error` while an instance is created) before the function returns. It says what
 * went wrong, where, and what would be right.
 */
#ifndef HA_PLUGIN_ERROR_H
#define HA_PLUGIN_ERROR_H

#include "version.h"

#define HA_OK INT32_C(0)
#define HA_ERROR_INVALID INT32_C(-1)     /* a parameter is wrong */
#define HA_ERROR_NOT_FOUND INT32_C(-2)   /* a file, device or interface is not there */
#define HA_ERROR_REFUSED INT32_C(-3)     /* understood and not allowed in this state */
#define HA_ERROR_UNAVAILABLE INT32_C(-4) /* may succeed later */
#define HA_ERROR_TIMED_OUT INT32_C(-5)   /* the deadline of the operation has passed */
#define HA_ERROR_CANCELLED INT32_C(-6)   /* the host asked for the end of the operation */
#define HA_ERROR_IO INT32_C(-7)          /* the operating system said no */
#define HA_ERROR_LIMIT INT32_C(-8)       /* a limit was reached */
#define HA_ERROR_CORRUPT INT32_C(-9)     /* stored data that is damaged */
#define HA_ERROR_UNSUPPORTED INT32_C(-10) /* this type has no such operation */
#define HA_ERROR_CONTRACT INT32_C(-11)   /* one side broke this ABI's contract */

#endif
