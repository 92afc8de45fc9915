// Log file of exec: where its commands and its process write, kept near a size.
#include "log_file.hpp"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ha/plugin.hpp"

namespace ha::exec {

using plugin::system_error;
using support::Fd;

Fd open_log(const std::string& path) {
    if (path.empty()) return {};
    Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640));
    if (!file) throw system_error("parameter 'log_file': open " + path);
    return file;
}

void limit_log(const std::string& path, std::int64_t bytes_max) {
    struct stat status{};
    if (path.empty() || stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
    if (status.st_size <= bytes_max) return;
    const Fd from(open(path.c_str(), O_RDWR | O_CLOEXEC));
    const std::string aside = path + ".1";
    const Fd to(open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (!from || !to) throw system_error("rotate " + path);
    // The newest part only, so that a file that grew far beyond is no burden.
    off_t at = status.st_size - bytes_max;
    off_t left = bytes_max;
    while (left > 0) {
        const ssize_t n = sendfile(to.get(), from.get(), &at, static_cast<std::size_t>(left));
        if (n < 0) throw system_error("copy " + path + " to " + aside);
        if (n == 0) break;
        left -= n;
    }
    if (ftruncate(from.get(), 0) != 0) throw system_error("empty " + path);
}

}  // namespace ha::exec
