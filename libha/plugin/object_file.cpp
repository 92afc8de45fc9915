// Is a file a shared object for this machine?
#include "plugin/object_file.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace ha::plugin {
namespace {

Failure no(FailureCode code, const std::string& path, const std::string& why) {
    return failure(code, "plugin " + path + ": " + why);
}

Result<void> check_header(const std::string& path, int fd) {
    struct stat status{};
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return no(FailureCode::invalid, path, "not a regular file");
    Elf64_Ehdr mine{};
    const int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    const bool knows_self = self >= 0 && pread(self, &mine, sizeof(mine), 0) == sizeof(mine);
    if (self >= 0) close(self);

    Elf64_Ehdr header{};
    if (pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
        std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return no(FailureCode::invalid, path, "not a shared object (no ELF header)");
    if (header.e_type != ET_DYN)
        return no(FailureCode::invalid, path,
                  "an ELF file, but not a shared object; build it with -shared");
    if (knows_self && (header.e_machine != mine.e_machine ||
                       header.e_ident[EI_CLASS] != mine.e_ident[EI_CLASS]))
        return no(FailureCode::invalid, path,
                  "built for another machine (ELF machine " + std::to_string(header.e_machine) +
                      ", this program is " + std::to_string(mine.e_machine) + ")");
    return {};
}

}  // namespace

Result<void> check_object_file(const std::string& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        const int error = errno;
        return no(error == ENOENT ? FailureCode::not_found : FailureCode::io, path,
                  error == ENOENT ? "no such file" : std::generic_category().message(error));
    }
    auto result = check_header(path, fd);
    close(fd);
    return result;
}

}  // namespace ha::plugin
