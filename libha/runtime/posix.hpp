// The operating system, held by the hand: descriptors that close themselves, error texts, files.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ha::runtime {

/// Owns a file descriptor.
class UniqueFd {
   public:
    UniqueFd() = default;
    explicit UniqueFd(int fd) : fd_(fd) {}
    ~UniqueFd() { reset(); }
    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    void reset();

   private:
    int fd_ = -1;
};

/// "No space left on device (ENOSPC)".
std::string error_text(int error_number);
/// A failure of the operating system: "cannot open /x/y: No such file or directory (ENOENT)".
Failure os_failure(std::string_view what, std::string_view path, int error_number);

/// Makes the directory and those above it, mode 0700; an existing one is left as it is.
Result<void> make_directories(const std::string& path);
/// The whole file; fails with `limit` when it is longer than `size_max`, `not_found` when absent.
Result<Bytes> read_file(const std::string& path, std::size_t size_max);
/// Writes all of it at `offset`, however many calls that takes.
Result<void> write_all_at(int fd, ByteView bytes, std::uint64_t offset, const std::string& path);
/// Makes a rename or a new name in `directory` durable.
Result<void> sync_directory(const std::string& directory);

}  // namespace ha::runtime
