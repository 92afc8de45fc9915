// The store file on a file system.
#include "runtime/store_file.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/assert.hpp"
#include "runtime/posix.hpp"

namespace ha::runtime {

namespace {

class DiskStoreFile final : public StoreFile {
   public:
    explicit DiskStoreFile(std::string path) : path_(std::move(path)) {}

    Result<void> write_at(std::uint64_t offset, ByteView bytes) override {
        HA_ASSERT(fd_);
        HA_ASSERT(offset + bytes.size() <= size_);
        return write_all_at(fd_.get(), bytes, offset, path_);
    }

    Result<void> sync() override {
        HA_ASSERT(fd_);
        // Never retried after a failure: the kernel may have dropped the dirty pages and would
        // report success the second time (safety.md F9).
        if (::fdatasync(fd_.get()) != 0) return os_failure("cannot sync", path_, errno);
        return {};
    }

    Result<void> grow(std::uint64_t size) override {
        HA_ASSERT(fd_);
        if (auto r = write_zeros(fd_.get(), size_, size, path_); !r) return r;
        size_ = std::max(size_, size);
        return {};
    }

    Result<void> replace(ByteView bytes, std::uint64_t size) override {
        auto temporary = path_ + ".new";
        UniqueFd fd(::open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                           0600));
        if (!fd) return os_failure("cannot make", temporary, errno);
        size = std::max<std::uint64_t>(size, bytes.size());
        auto done = fill_and_sync(fd.get(), bytes, size, temporary);
        if (!done) {
            ::unlink(temporary.c_str());
            return done;
        }
        if (::rename(temporary.c_str(), path_.c_str()) != 0)
            return os_failure("cannot rename into place", path_, errno);
        auto slash = path_.rfind('/');
        if (auto r = sync_directory(slash == std::string::npos ? "." : path_.substr(0, slash + 1));
            !r)
            return r;
        fd_ = std::move(fd);
        size_ = size;
        return {};
    }

   private:
    static Result<void> fill_and_sync(int fd, ByteView bytes, std::uint64_t size,
                                      const std::string& path) {
        if (auto r = write_all_at(fd, bytes, 0, path); !r) return r;
        if (auto r = write_zeros(fd, bytes.size(), size, path); !r) return r;
        if (::fdatasync(fd) != 0) return os_failure("cannot sync", path, errno);
        return {};
    }

    /// fallocate alone would leave extents that have to be converted at the first write, which
    /// costs a journal commit at each sync; it is called first, to hear of a full disk early and
    /// to get the space in one piece. File systems without it just take the zeros.
    static Result<void> write_zeros(int fd, std::uint64_t from, std::uint64_t to,
                                    const std::string& path) {
        if (to <= from) return {};
        if (::fallocate(fd, 0, static_cast<off_t>(from), static_cast<off_t>(to - from)) != 0 &&
            errno != EOPNOTSUPP && errno != EINTR && errno != ENOSYS)
            return os_failure("cannot get space for", path, errno);
        static const Bytes k_zeros(64 * 1024);
        while (from < to) {
            auto n = std::min<std::uint64_t>(to - from, k_zeros.size());
            if (auto r = write_all_at(fd, ByteView(k_zeros).first(n), from, path); !r) return r;
            from += n;
        }
        return {};
    }

    std::string path_;
    UniqueFd fd_;
    std::uint64_t size_ = 0;
};

}  // namespace

std::unique_ptr<StoreFile> make_store_file(std::string path) {
    return std::make_unique<DiskStoreFile>(std::move(path));
}

}  // namespace ha::runtime
