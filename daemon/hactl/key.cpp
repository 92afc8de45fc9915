// A new key for a new cluster: 256 random bits in a file that its owner alone can read.
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "context.hpp"

namespace hactl {

namespace {

std::string random_hex() {
    std::array<unsigned char, 32> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        throw Refused(500,
                      "the system gives no random bytes: " + std::string(std::strerror(errno)));
    static constexpr char k_digits[] = "0123456789abcdef";
    std::string out;
    for (const auto byte : bytes) {
        out += k_digits[byte >> 4];
        out += k_digits[byte & 15];
    }
    return out;
}

bool write_all(int fd, const std::string& text) {
    std::size_t done = 0;
    while (done < text.size()) {
        const auto count = ::write(fd, text.data() + done, text.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        done += static_cast<std::size_t>(count);
    }
    return true;
}

}  // namespace

int key_new_command(Context& c) {
    const auto path = c.arguments.words.empty() ? std::string("/etc/ha/key") : c.arguments.words[0];
    const auto text = "1 " + random_hex() + "\n";
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        throw Refused(409, path + " is there already and is not overwritten: without its key a "
                                  "node is locked out of its cluster");
    if (fd < 0) throw Refused(500, path + " cannot be made: " + std::strerror(errno));
    const bool is_written = write_all(fd, text) && ::fsync(fd) == 0;
    const int error = errno;
    ::close(fd);
    if (!is_written) {
        ::unlink(path.c_str());
        throw Refused(500, path + " cannot be written: " + std::strerror(error));
    }
    if (c.arguments.is_json)
        c.out << Json({{"file", path}}).dump() << "\n";
    else
        c.out << "made " << path << "; copy it to every node of the cluster, mode 0600, and to "
                                    "nobody else\n";
    return k_exit_ok;
}

}  // namespace hactl
