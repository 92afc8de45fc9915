// Reading, checking and making key files.
#include "runtime/keys.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "runtime/machine.hpp"
#include "runtime/posix.hpp"

namespace ha::runtime {

namespace {

std::string_view trim(std::string_view s) {
    constexpr const char* k_blank = " \t\r";
    auto first = s.find_first_not_of(k_blank);
    if (first == std::string_view::npos) return {};
    return s.substr(first, s.find_last_not_of(k_blank) - first + 1);
}

/// A positive number, or 0 for anything else.
std::uint32_t key_number(std::string_view word) {
    std::uint32_t out = 0;
    auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
    return error == std::errc{} && end == word.data() + word.size() ? out : 0;
}

bool decode_hex(std::string_view text, wire::Key& out) {
    if (text.size() != out.size() * 2) return false;
    for (std::size_t i = 0; i < out.size(); i++) {
        auto pair = text.substr(2 * i, 2);
        auto [end, error] = std::from_chars(pair.data(), pair.data() + 2, out[i], 16);
        if (error != std::errc{} || end != pair.data() + 2) return false;
    }
    return true;
}

/// One line into `out`; the error is the part after the place. Never shows key material.
std::string take_line(std::string_view line, Keys& out) {
    auto space = line.find_first_of(" \t");
    auto word = line.substr(0, space);
    auto rest = space == std::string_view::npos ? std::string_view{} : trim(line.substr(space));
    if (word == "use") {
        if (out.key_in_use != 0) return "\"use\" stands twice; keep one";
        out.key_in_use = key_number(rest);
        if (out.key_in_use == 0) return "\"use\" wants the number of a key, such as \"use 1\"";
        return {};
    }
    auto number = key_number(word);
    if (number == 0)
        return "a line is \"NUMBER KEY\" with a number from 1, or \"use NUMBER\", or a comment "
               "that begins with '#'";
    wire::Key key{};
    if (!decode_hex(rest, key))
        return "the key " + std::to_string(number) + " is " + std::to_string(rest.size()) +
               " characters; right are exactly 64 hexadecimal digits";
    if (std::all_of(key.begin(), key.end(), [](auto b) { return b == 0; }))
        return "the key " + std::to_string(number) + " is all zero, which is no secret";
    for (auto& [other, unused] : out.keys)
        if (other == number) return "the key " + std::to_string(number) + " stands twice";
    if (out.keys.size() == k_limit_keys)
        return "more than " + std::to_string(k_limit_keys) + " keys";
    out.keys.emplace_back(number, key);
    ::explicit_bzero(key.data(), key.size());
    return {};
}

Result<void> check_owner_and_mode(int fd, const std::string& path) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) return os_failure("cannot look at", path, errno);
    if (!S_ISREG(info.st_mode))
        return failure(FailureCode::invalid, "key file " + path + " is not a regular file");
    if ((info.st_mode & 0077) != 0) {
        char mode[8];
        std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(info.st_mode & 07777));
        return failure(FailureCode::refused, "key file " + path + " has mode " + mode +
                                                 ", so others can use the cluster's key; right is "
                                                 "0600: chmod 600 " + path);
    }
    if (info.st_uid != ::geteuid() && info.st_uid != 0)
        return failure(FailureCode::refused,
                       "key file " + path + " belongs to user " + std::to_string(info.st_uid) +
                           "; right is user " + std::to_string(::geteuid()) + " or root");
    return {};
}

}  // namespace

Result<Keys> parse_keys(std::string_view text, const std::string& name) {
    Keys out;
    std::size_t number = 0;
    for (std::size_t at = 0; at <= text.size();) {
        auto end = std::min(text.find('\n', at), text.size());
        auto line = trim(text.substr(at, end - at));
        at = end + 1;
        number++;
        if (line.empty() || line.front() == '#') continue;
        if (auto wrong = take_line(line, out); !wrong.empty())
            return failure(FailureCode::invalid,
                           "key file " + name + " line " + std::to_string(number) + ": " + wrong);
    }
    if (out.keys.empty())
        return failure(FailureCode::invalid,
                       "key file " + name + " holds no key; make one with \"hactl key new\"");
    std::sort(out.keys.begin(), out.keys.end());
    if (out.key_in_use == 0) out.key_in_use = out.keys.back().first;
    for (auto& [key, unused] : out.keys)
        if (key == out.key_in_use) return out;
    return failure(FailureCode::invalid, "key file " + name + ": \"use " +
                                             std::to_string(out.key_in_use) +
                                             "\" names a key that is not in the file");
}

Result<Keys> read_key_file(const std::string& path) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) return os_failure("cannot open key file", path, errno);
    if (auto r = check_owner_and_mode(fd.get(), path); !r) return r.error();
    // Read by this very descriptor: what was checked is what is read.
    std::string text(k_limit_key_file_bytes + 1, '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        auto n = ::read(fd.get(), text.data() + have, text.size() - have);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return os_failure("cannot read key file", path, errno);
        if (n == 0) break;
        have += static_cast<std::size_t>(n);
    }
    Result<Keys> out = have > k_limit_key_file_bytes
                           ? Result<Keys>(failure(FailureCode::limit,
                                                  "key file " + path + " is longer than " +
                                                      std::to_string(k_limit_key_file_bytes) +
                                                      " bytes"))
                           : parse_keys(std::string_view(text).substr(0, have), path);
    ::explicit_bzero(text.data(), text.size());
    return out;
}

Result<void> write_new_key_file(const std::string& path) {
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) {
        if (errno == EEXIST)
            return failure(FailureCode::refused, "key file " + path +
                                                     " is there already and is not overwritten");
        return os_failure("cannot make key file", path, errno);
    }
    // The umask may have taken more away, never added.
    if (::fchmod(fd.get(), 0600) != 0) return os_failure("cannot set the mode of", path, errno);
    wire::Key key{};
    fill_random(key.data(), key.size());
    static constexpr char k_digits[] = "0123456789abcdef";
    std::string text = "# Keys of one cluster. The same file belongs on each of its nodes.\n1 ";
    for (auto b : key) {
        text += k_digits[b >> 4];
        text += k_digits[b & 15];
    }
    text += '\n';
    auto written = write_all_at(
        fd.get(), {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, 0, path);
    ::explicit_bzero(key.data(), key.size());
    ::explicit_bzero(text.data(), text.size());
    if (written && ::fsync(fd.get()) != 0) written = os_failure("cannot sync", path, errno);
    if (!written) {
        ::unlink(path.c_str());
        return written;
    }
    auto slash = path.rfind('/');
    return sync_directory(slash == std::string::npos ? "." : path.substr(0, slash + 1));
}

}  // namespace ha::runtime
