// Files: small ones, read and replaced whole.
#include "support/process/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "ha/plugin/failure.hpp"

namespace ha::support {

using plugin::Error;
using plugin::ErrorCode;
using plugin::system_error;

Fd::~Fd() {
    if (fd_ >= 0) close(fd_);
}

std::optional<std::string> read_file(const std::string& path, std::size_t bytes_max) {
    const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file) {
        if (errno == ENOENT) return {};
        throw system_error("open " + path);
    }
    std::string content;
    char buffer[4096];
    for (;;) {
        const ssize_t n = read(file.get(), buffer, sizeof(buffer));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw system_error("read " + path);
        if (n == 0) return content;
        content.append(buffer, static_cast<std::size_t>(n));
        if (content.size() > bytes_max)
            throw Error(ErrorCode::limit,
                        path + " is larger than " + std::to_string(bytes_max) + " bytes");
    }
}

void replace_file(const std::string& path, std::string_view content) {
    const std::string fresh = path + ".new";
    const Fd file(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) throw system_error("create " + fresh);
    while (!content.empty()) {
        const ssize_t n = write(file.get(), content.data(), content.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw system_error("write " + fresh);
        content.remove_prefix(static_cast<std::size_t>(n));
    }
    if (rename(fresh.c_str(), path.c_str()) != 0) throw system_error("rename " + fresh);
}

void remove_file(const std::string& path) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT) throw system_error("remove " + path);
}

}  // namespace ha::support
