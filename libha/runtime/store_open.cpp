// Lock, recovery and the beginning of a new start.
#include "runtime/store_open.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>

#include "runtime/machine.hpp"

namespace ha::runtime {

namespace {

/// Two processes with one store would both vote as one voter.
Result<UniqueFd> lock_store(const std::string& directory) {
    auto path = directory + "/store.lock";
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) return os_failure("cannot open", path, errno);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
    if (errno != EWOULDBLOCK) return os_failure("cannot lock", path, errno);
    return failure(FailureCode::refused,
                   "another process uses the store in " + directory +
                       "; each node needs a state directory of its own, and only one process may "
                       "run a node");
}

/// The start number beside the store: it has to go on rising when the store is lost, because the
/// others refuse a start number below one that they have seen.
StartNumber read_start_hint(const std::string& path) {
    StartNumber out;
    if (auto bytes = read_file(path, 64)) {
        auto first = reinterpret_cast<const char*>(bytes->data());
        std::from_chars(first, first + bytes->size(), out.value);
    }
    return out;
}

Result<void> write_start_hint(const std::string& path, StartNumber start) {
    auto text = std::to_string(start.value) + "\n";
    auto file = make_store_file(path);
    return file->replace({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, 0);
}

/// The lowest free "store.lost-<n>".
Result<std::string> move_aside(const std::string& path) {
    constexpr int k_limit_lost_stores = 1000;
    for (int n = 1; n <= k_limit_lost_stores; n++) {
        auto to = path + ".lost-" + std::to_string(n);
        if (::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
            return to;
        // Not every file system knows RENAME_NOREPLACE; we hold the lock, so looking is enough.
        struct stat info {};
        if (errno == EINVAL && ::lstat(to.c_str(), &info) != 0 && errno == ENOENT) {
            if (::rename(path.c_str(), to.c_str()) == 0) return to;
        }
        if (errno != EEXIST && errno != EINVAL && errno != ENOENT)
            return os_failure("cannot move aside", path, errno);
    }
    return failure(FailureCode::limit, "there are " + std::to_string(k_limit_lost_stores) +
                                           " damaged stores beside " + path +
                                           "; look at them and remove them");
}

/// Reads the old file into `out`: its state, or a new one in its place.
Result<void> recover(const std::string& path, OpenedStore& out) {
    auto bytes = read_file(path, k_limit_store_bytes);
    std::string what;
    if (!bytes && bytes.error().code == FailureCode::not_found) {
        out.is_new = true;
        out.note = "there was no store at " + path + "; a new one has been made";
    } else if (!bytes && bytes.error().code != FailureCode::limit) {
        return bytes.error();  // the disk may give it another time: nothing is given up
    } else if (!bytes) {
        what = bytes.error().context;
    } else {
        auto recovered = wire::recover_store(*bytes);
        if (recovered) {
            out.state = std::move(recovered->state);
            if (!recovered->is_lost) {
                if (recovered->is_torn)
                    out.note = "the last write to " + path +
                               " was cut off by a crash and dropped, which loses nothing: " +
                               recovered->what;
                return {};
            }
            what = recovered->what;
        } else if (recovered.error().code == FailureCode::refused) {
            return failure(FailureCode::refused, path + ": " + recovered.error().context);
        } else {
            what = recovered.error().context;
        }
    }
    if (!what.empty()) {
        auto aside = move_aside(path);
        if (!aside) return aside.error();
        out.is_lost = true;
        out.note = "the store " + path + " has lost something that had been durable (" + what +
                   "); it is kept as " + *aside +
                   ", and this node is no voter until the others have added it anew";
    }
    auto start = out.state.start;
    auto reboots = out.state.reboots;
    auto armed = out.state.armed;
    auto shot = out.state.shot;
    out.state = wire::StoreState{};
    out.state.start = start;
    out.state.reboots = reboots;
    out.state.armed = armed;
    out.state.shot = shot;
    out.state.store = random_store_id();
    return {};
}

}  // namespace

/// A machine that was installed anew under its old name has to come with a higher start number
/// than it ever had. Milliseconds of the wall clock are that in practice, because no node starts
/// more than a thousand times a second for ever. Nothing else of the cluster looks at this clock;
/// were it wrong, the node would be refused, not trusted.
StartNumber first_start() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    return StartNumber{count > 1 ? static_cast<std::uint64_t>(count) : 1};
}

Result<OpenedStore> open_store(const std::string& directory, const BootId& boot,
                               const CheckStore& check) {
    return open_store(directory, make_store_file, boot, check);
}

Result<OpenedStore> open_store(const std::string& directory, const MakeStoreFile& make,
                               const BootId& boot, const CheckStore& check) {
    if (auto r = make_directories(directory); !r) return r.error();
    OpenedStore out;
    auto lock = lock_store(directory);
    if (!lock) return lock.error();
    out.lock = std::move(*lock);
    auto path = directory + "/store";
    auto hint_path = directory + "/start";
    if (auto r = recover(path, out); !r) return r.error();
    if (check)
        if (auto r = check(out.state); !r) return r.error();

    auto known = std::max(out.state.start, read_start_hint(hint_path));
    auto start = known ? StartNumber{known.value + 1} : first_start();
    auto begin = wire::begin_start(out.state, start, boot, out.is_reset_for_safety);
    wire::apply(out.state, begin);  // a durable step like any other: the counter rises with it
    if (auto r = write_start_hint(hint_path, out.state.start); !r) return r.error();
    auto image = wire::encode_store(out.state);
    out.file = make(path);
    out.end = image.size();
    if (auto r = out.file->replace(image, out.end + k_store_step_bytes); !r) return r.error();
    return out;
}

}  // namespace ha::runtime
