// The session's cryptography by OpenSSL: AES-256-GCM, HKDF-SHA256, HMAC-SHA256.
//
// Owned and used by one thread. Contexts are kept per key, because setting up a key costs more than
// sealing a heartbeat.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "wire/crypto.hpp"

namespace ha::runtime {

class OpensslCrypto final : public wire::Crypto {
   public:
    /// Fails when this OpenSSL offers not all that is needed.
    static Result<std::unique_ptr<OpensslCrypto>> make();
    ~OpensslCrypto() override;

    void seal(const wire::Key& key, std::uint64_t counter, ByteView header, ByteView plain,
              Bytes& out) override;
    bool open(const wire::Key& key, std::uint64_t counter, ByteView header, ByteView sealed,
              Bytes& out) override;
    wire::Key derive(const wire::Key& secret, ByteView salt, ByteView info) override;
    wire::Mac mac(const wire::Key& key, ByteView bytes) override;

   private:
    struct Impl;
    explicit OpensslCrypto(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ha::runtime
