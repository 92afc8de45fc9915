// Descriptors, error texts, files: the few calls that every hand of the runtime needs.
#include "runtime/posix.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ha::runtime {

void UniqueFd::reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::string error_text(int error_number) {
    char buffer[128];
    std::string out = ::strerror_r(error_number, buffer, sizeof buffer);
    if (auto name = ::strerrorname_np(error_number)) out += std::string(" (") + name + ")";
    return out;
}

Failure os_failure(std::string_view what, std::string_view path, int error_number) {
    auto code = error_number == ENOENT ? FailureCode::not_found : FailureCode::io;
    return failure(code, std::string(what) + " " + std::string(path) + ": " +
                             error_text(error_number));
}

Result<void> make_directories(const std::string& path) {
    if (path.empty()) return failure(FailureCode::invalid, "the path of a directory is empty");
    for (std::size_t at = 1; at != std::string::npos;) {
        at = path.find('/', at);
        auto part = path.substr(0, at);
        if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST)
            return os_failure("cannot make directory", part, errno);
        if (at != std::string::npos) at++;
    }
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return os_failure("cannot look at", path, errno);
    if (!S_ISDIR(info.st_mode)) return os_failure("cannot use", path, ENOTDIR);
    return {};
}

Result<Bytes> read_file(const std::string& path, std::size_t size_max) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return os_failure("cannot open", path, errno);
    Bytes out;
    for (;;) {
        constexpr std::size_t k_step_bytes = 64 * 1024;
        auto have = out.size();
        if (have > size_max)
            return failure(FailureCode::limit, path + " is longer than " +
                                                   std::to_string(size_max) + " bytes");
        out.resize(have + k_step_bytes);
        auto n = ::read(fd.get(), out.data() + have, k_step_bytes);
        if (n < 0 && errno != EINTR) return os_failure("cannot read", path, errno);
        out.resize(have + static_cast<std::size_t>(n > 0 ? n : 0));
        if (n == 0) return out;
    }
}

Result<void> write_all_at(int fd, ByteView bytes, std::uint64_t offset, const std::string& path) {
    while (!bytes.empty()) {
        auto n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0) {
            if (errno == EINTR) continue;
            return os_failure("cannot write to", path, errno);
        }
        bytes = bytes.subspan(static_cast<std::size_t>(n));
        offset += static_cast<std::uint64_t>(n);
    }
    return {};
}

Result<void> sync_directory(const std::string& directory) {
    UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return os_failure("cannot open directory", directory, errno);
    if (::fsync(fd.get()) != 0) return os_failure("cannot sync directory", directory, errno);
    return {};
}

}  // namespace ha::runtime
