// Settings of the whole process: locked pages, one heap, no texts of errors.
#include "runtime/memory.hpp"

#include <malloc.h>
#include <openssl/crypto.h>
#include <sys/mman.h>

#include <cerrno>

#include "runtime/posix.hpp"

namespace ha::runtime {

Result<void> lock_memory() {
    if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0) return {};
    return failure(FailureCode::refused,
                   "memory is not locked: " + error_text(errno) +
                       "; under memory pressure this node may look dead to the others. "
                       "CAP_IPC_LOCK or LimitMEMLOCK=infinity would allow it");
}

void save_memory() {
    ::OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS, nullptr);
    ::mallopt(M_ARENA_MAX, 1);
}

}  // namespace ha::runtime
