// Files: small ones, read and replaced whole; and a descriptor that closes itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ha::support {

/// Owns one descriptor.
class Fd {
   public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Fd();

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    void reset() { *this = Fd(); }

   private:
    int fd_ = -1;
};

/// Nothing when there is no such file. Throws on other errors, and above `bytes_max`.
std::optional<std::string> read_file(const std::string& path, std::size_t bytes_max = 65536);

/// Replaces the file as a whole; readers see the old one or the new one.
void replace_file(const std::string& path, std::string_view content);

/// Success when it is gone, also when it never was.
void remove_file(const std::string& path);

}  // namespace ha::support
