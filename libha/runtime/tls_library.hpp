// libssl, loaded when the first connection over TLS is made: a node that speaks to no such server
// does not carry it, in memory or as a package it needs. libcrypto is linked in any case.
#pragma once

#include <openssl/ssl.h>

#include "base/result.hpp"

namespace ha::runtime {

// What is used of it. Its macros call these by their global names, so they are of no use here.
#define HA_TLS_FUNCTIONS(X)                                                                      \
    X(TLS_client_method)                                                                         \
    X(SSL_CTX_new)                                                                               \
    X(SSL_CTX_free)                                                                              \
    X(SSL_CTX_ctrl)                                                                              \
    X(SSL_CTX_set_verify)                                                                        \
    X(SSL_CTX_set_default_verify_paths)                                                          \
    X(SSL_CTX_load_verify_file)                                                                  \
    X(SSL_CTX_use_certificate_chain_file)                                                        \
    X(SSL_CTX_set_default_passwd_cb)                                                             \
    X(SSL_CTX_use_PrivateKey_file)                                                               \
    X(SSL_new)                                                                                   \
    X(SSL_free)                                                                                  \
    X(SSL_ctrl)                                                                                  \
    X(SSL_set1_host)                                                                             \
    X(SSL_get0_param)                                                                            \
    X(SSL_set_fd)                                                                                \
    X(SSL_connect)                                                                               \
    X(SSL_get_error)                                                                             \
    X(SSL_get_verify_result)                                                                     \
    X(SSL_read_ex)                                                                               \
    X(SSL_write_ex)

struct TlsLibrary {
#define HA_TLS_MEMBER(name) decltype(&::name) name = nullptr;
    HA_TLS_FUNCTIONS(HA_TLS_MEMBER)
#undef HA_TLS_MEMBER
};

/// Loaded by the first call that succeeds, and kept for the life of the process. Any thread.
Result<const TlsLibrary*> tls_library();

}  // namespace ha::runtime
