// Loads libssl, of the version whose headers this was compiled with.
#include "runtime/tls_library.hpp"

#include <dlfcn.h>

#include <mutex>
#include <string>

namespace ha::runtime {

namespace {

#define HA_TLS_TEXT_OF(number) #number
#define HA_TLS_TEXT(number) HA_TLS_TEXT_OF(number)
constexpr const char* k_tls_file = "libssl.so." HA_TLS_TEXT(OPENSSL_SHLIB_VERSION);
#undef HA_TLS_TEXT
#undef HA_TLS_TEXT_OF

/// What the loader says; it names the file.
Failure tls_load_failure() {
    const char* why = ::dlerror();
    return failure(FailureCode::unavailable,
                   "TLS needs " + std::string(k_tls_file) + " (Debian: libssl3): " +
                       (why != nullptr ? why : "it cannot be loaded"));
}

Result<void> load_functions(TlsLibrary& library) {
    // It registers work for the end of the process, so it must never be closed.
    void* handle = ::dlopen(k_tls_file, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return tls_load_failure();
#define HA_TLS_FIND(name)                                                     \
    library.name = reinterpret_cast<decltype(&::name)>(::dlsym(handle, #name)); \
    if (library.name == nullptr) return tls_load_failure();
    HA_TLS_FUNCTIONS(HA_TLS_FIND)
#undef HA_TLS_FIND
    return {};
}

}  // namespace

Result<const TlsLibrary*> tls_library() {
    static std::mutex mutex;
    static TlsLibrary library;
    static bool is_loaded = false;
    const std::lock_guard lock(mutex);
    if (!is_loaded) {
        if (auto r = load_functions(library); !r) return r.error();
        is_loaded = true;
    }
    return &library;
}

}  // namespace ha::runtime
