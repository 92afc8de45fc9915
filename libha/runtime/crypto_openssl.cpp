// The session's cryptography by OpenSSL 3.
#include "runtime/crypto_openssl.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <list>
#include <string>

#include "base/assert.hpp"
#include "base/limits.hpp"

namespace ha::runtime {

namespace {

template <auto free_function>
struct Free {
    template <class T>
    void operator()(T* p) const {
        free_function(p);
    }
};
using Cipher = std::unique_ptr<EVP_CIPHER, Free<EVP_CIPHER_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Free<EVP_CIPHER_CTX_free>>;
using MacMethod = std::unique_ptr<EVP_MAC, Free<EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Free<EVP_MAC_CTX_free>>;
using Kdf = std::unique_ptr<EVP_KDF, Free<EVP_KDF_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, Free<EVP_KDF_CTX_free>>;

/// Two directions of a current and a previous session with each peer, twice over.
constexpr std::size_t k_contexts_max = 8 * k_limit_nodes;
constexpr std::size_t k_nonce_bytes = 12;

/// A cipher context with its key in place; each packet sets only the nonce.
struct Keyed {
    wire::Key key;
    bool is_for_sealing = false;
    CipherContext context;

    ~Keyed() { OPENSSL_cleanse(key.data(), key.size()); }
};

std::array<std::uint8_t, k_nonce_bytes> nonce_of(std::uint64_t counter) {
    std::array<std::uint8_t, k_nonce_bytes> out{};
    for (std::size_t i = 0; i < 8; i++)
        out[4 + i] = static_cast<std::uint8_t>(counter >> (56 - 8 * i));
    return out;
}

char* digest_name() {
    static char name[] = "SHA256";
    return name;
}

}  // namespace

struct OpensslCrypto::Impl {
    Cipher cipher;
    MacMethod hmac;
    Kdf hkdf;
    std::list<Keyed> contexts;  ///< most recently used first

    EVP_CIPHER_CTX* context_of(const wire::Key& key, bool is_for_sealing);
};

EVP_CIPHER_CTX* OpensslCrypto::Impl::context_of(const wire::Key& key, bool is_for_sealing) {
    const auto at = std::find_if(contexts.begin(), contexts.end(), [&](const Keyed& k) {
        return k.is_for_sealing == is_for_sealing && k.key == key;
    });
    if (at != contexts.end()) {
        contexts.splice(contexts.begin(), contexts, at);
        return contexts.front().context.get();
    }
    if (contexts.size() == k_contexts_max) contexts.pop_back();
    auto& fresh = contexts.emplace_front();
    fresh.key = key;
    fresh.is_for_sealing = is_for_sealing;
    fresh.context.reset(EVP_CIPHER_CTX_new());
    HA_ASSERT(fresh.context);
    const int ok = EVP_CipherInit_ex2(fresh.context.get(), cipher.get(), key.data(), nullptr,
                                      is_for_sealing ? 1 : 0, nullptr);
    HA_ASSERT(ok == 1);
    return fresh.context.get();
}

Result<std::unique_ptr<OpensslCrypto>> OpensslCrypto::make() {
    auto impl = std::make_unique<Impl>();
    impl->cipher.reset(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
    impl->hmac.reset(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    impl->hkdf.reset(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    if (!impl->cipher || !impl->hmac || !impl->hkdf) {
        char text[256];
        ERR_error_string_n(ERR_get_error(), text, sizeof text);
        return failure(FailureCode::unavailable,
                       std::string("OpenSSL does not offer AES-256-GCM, HMAC and HKDF, which "
                                   "sessions between nodes need: ") +
                           text);
    }
    return std::unique_ptr<OpensslCrypto>(new OpensslCrypto(std::move(impl)));
}

OpensslCrypto::OpensslCrypto(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OpensslCrypto::~OpensslCrypto() = default;

void OpensslCrypto::seal(const wire::Key& key, std::uint64_t counter, ByteView header,
                         ByteView plain, Bytes& out) {
    auto* context = impl_->context_of(key, true);
    const auto nonce = nonce_of(counter);
    const auto at = out.size();
    out.resize(at + plain.size() + wire::k_seal_overhead_bytes);
    int n = 0;
    bool ok = EVP_EncryptInit_ex2(context, nullptr, nullptr, nonce.data(), nullptr) == 1;
    ok = ok && EVP_EncryptUpdate(context, nullptr, &n, header.data(),
                                 static_cast<int>(header.size())) == 1;
    ok = ok && EVP_EncryptUpdate(context, out.data() + at, &n, plain.data(),
                                 static_cast<int>(plain.size())) == 1;
    ok = ok && EVP_EncryptFinal_ex(context, out.data() + at + plain.size(), &n) == 1;
    ok = ok && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG,
                                   static_cast<int>(wire::k_seal_overhead_bytes),
                                   out.data() + at + plain.size()) == 1;
    HA_ASSERT(ok);
}

bool OpensslCrypto::open(const wire::Key& key, std::uint64_t counter, ByteView header,
                         ByteView sealed, Bytes& out) {
    if (sealed.size() < wire::k_seal_overhead_bytes) return false;
    auto* context = impl_->context_of(key, false);
    const auto nonce = nonce_of(counter);
    const auto size = sealed.size() - wire::k_seal_overhead_bytes;
    const auto at = out.size();
    std::array<std::uint8_t, wire::k_seal_overhead_bytes> tag;
    std::copy_n(sealed.data() + size, tag.size(), tag.begin());
    out.resize(at + size);
    int n = 0;
    bool ok = EVP_DecryptInit_ex2(context, nullptr, nullptr, nonce.data(), nullptr) == 1;
    ok = ok && EVP_DecryptUpdate(context, nullptr, &n, header.data(),
                                 static_cast<int>(header.size())) == 1;
    ok = ok && EVP_DecryptUpdate(context, out.data() + at, &n, sealed.data(),
                                 static_cast<int>(size)) == 1;
    ok = ok && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()),
                                   tag.data()) == 1;
    HA_ASSERT(ok);
    if (EVP_DecryptFinal_ex(context, out.data() + at + size, &n) == 1) return true;
    // Nothing of what was not authenticated stays, not even in the spare room of the vector.
    OPENSSL_cleanse(out.data() + at, size);
    out.resize(at);
    ERR_clear_error();
    return false;
}

wire::Key OpensslCrypto::derive(const wire::Key& secret, ByteView salt, ByteView info) {
    KdfContext context(EVP_KDF_CTX_new(impl_->hkdf.get()));
    HA_ASSERT(context);
    OSSL_PARAM parameters[5];
    auto* p = parameters;
    *p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest_name(), 0);
    *p++ = OSSL_PARAM_construct_octet_string(
        OSSL_KDF_PARAM_KEY, const_cast<std::uint8_t*>(secret.data()), secret.size());
    *p++ = OSSL_PARAM_construct_octet_string(
        OSSL_KDF_PARAM_SALT, const_cast<std::uint8_t*>(salt.data()), salt.size());
    *p++ = OSSL_PARAM_construct_octet_string(
        OSSL_KDF_PARAM_INFO, const_cast<std::uint8_t*>(info.data()), info.size());
    *p = OSSL_PARAM_construct_end();
    wire::Key out{};
    const int ok = EVP_KDF_derive(context.get(), out.data(), out.size(), parameters);
    HA_ASSERT(ok == 1);
    return out;
}

wire::Mac OpensslCrypto::mac(const wire::Key& key, ByteView bytes) {
    MacContext context(EVP_MAC_CTX_new(impl_->hmac.get()));
    HA_ASSERT(context);
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name(), 0),
        OSSL_PARAM_construct_end(),
    };
    wire::Mac out{};
    std::size_t n = 0;
    bool ok = EVP_MAC_init(context.get(), key.data(), key.size(), parameters) == 1;
    ok = ok && EVP_MAC_update(context.get(), bytes.data(), bytes.size()) == 1;
    ok = ok && EVP_MAC_final(context.get(), out.data(), &n, out.size()) == 1;
    HA_ASSERT(ok && n == out.size());
    return out;
}

}  // namespace ha::runtime
