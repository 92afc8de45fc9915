// Writing and reading the run record.
#include "runtime/run_record.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>

#include "base/limits.hpp"
#include "runtime/machine.hpp"
#include "runtime/posix.hpp"

namespace ha::runtime {

RunRecord::RunRecord(std::string directory, BootId boot)
    : path_(std::move(directory) + "/held"), boot_(boot) {}

static Failure damaged(const std::string& path, const std::string& what) {
    return failure(FailureCode::corrupt,
                   "run record " + path + " is damaged (" + what +
                       "), so what still runs here is not known; stop the cluster's services on "
                       "this node by hand, remove the file, and start again");
}

Result<std::vector<lifecycle::Held>> RunRecord::read() const {
    auto bytes = read_file(path_, k_limit_run_record_bytes);
    if (!bytes && bytes.error().code == FailureCode::not_found)
        return std::vector<lifecycle::Held>{};
    if (!bytes) return bytes.error();
    std::istringstream in(std::string(bytes->begin(), bytes->end()));
    std::string word, hex;
    int version = 0;
    if (!(in >> word >> version) || word != "ha-run-record" || version != 1)
        return damaged(path_, "its first line is not \"ha-run-record 1\"");
    if (!(in >> word >> hex) || word != "boot") return damaged(path_, "it names no boot");
    auto boot = parse_boot_id(hex);
    if (!boot) return damaged(path_, boot.error().context);
    std::vector<lifecycle::Held> out;
    while (in >> word && word == "held") {
        lifecycle::Held held;
        std::string a, b, c;
        in >> held.group.value >> a >> held.epoch.incarnation.value >> b >>
            held.epoch.term.value >> c >> held.epoch.node.value;
        if (!in || a != "incarnation" || b != "term" || c != "node" || !held.group ||
            out.size() == k_limit_groups)
            return damaged(path_, "line " + std::to_string(out.size() + 3));
        out.push_back(held);
    }
    std::size_t count = 0;
    if (!in || word != "end" || !(in >> count) || count != out.size() || (in >> word))
        return damaged(path_, "it does not end with the count of its lines");
    if (*boot != boot_) return std::vector<lifecycle::Held>{};
    return out;
}

Result<void> RunRecord::write(const std::vector<lifecycle::Held>& held) const {
    std::ostringstream out;
    out << "ha-run-record 1\nboot " << to_hex(boot_) << "\n";
    for (auto& h : held)
        out << "held " << h.group.value << " incarnation " << h.epoch.incarnation.value << " term "
            << h.epoch.term.value << " node " << h.epoch.node.value << "\n";
    out << "end " << held.size() << "\n";
    auto text = out.str();
    auto temporary = path_ + ".new";
    {
        UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        if (!fd) return os_failure("cannot make", temporary, errno);
        auto written = write_all_at(
            fd.get(), {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, 0,
            temporary);
        if (!written) {
            ::unlink(temporary.c_str());
            return written;
        }
    }
    if (::rename(temporary.c_str(), path_.c_str()) != 0)
        return os_failure("cannot rename into place", path_, errno);
    return {};
}

}  // namespace ha::runtime
