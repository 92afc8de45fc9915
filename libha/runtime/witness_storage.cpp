// The witness's book on disk.
#include "runtime/witness_storage.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>

#include "runtime/store_open.hpp"
#include "runtime/thread.hpp"

namespace ha::runtime {

namespace {

/// A file longer than this is no book of ours.
constexpr std::size_t k_limit_book_bytes = std::size_t{4} * 1024 * 1024 * 1024;
/// Written anew when it is longer than twice what it was then, and this.
constexpr std::uint64_t k_book_slack_bytes = 16 * 1024 * 1024;

Result<UniqueFd> lock_book(const std::string& directory) {
    const auto path = directory + "/witness.lock";
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) return os_failure("cannot open", path, errno);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
    if (errno != EWOULDBLOCK) return os_failure("cannot lock", path, errno);
    return failure(FailureCode::refused, "another witness uses the state in " + directory);
}

}  // namespace

Result<OpenedBook> open_witness_book(const std::string& directory) {
    if (auto r = make_directories(directory); !r) return r.error();
    OpenedBook out;
    auto lock = lock_book(directory);
    if (!lock) return lock.error();
    out.lock = std::move(*lock);
    const auto path = directory + "/witness";
    std::string lost;
    auto bytes = read_file(path, k_limit_book_bytes);
    if (!bytes && bytes.error().code != FailureCode::not_found) return bytes.error();
    if (bytes) {
        auto recovered = wire::recover_book(*bytes);
        if (!recovered)
            lost = recovered.error().context;
        else if (recovered->is_lost)
            lost = recovered->what;
        else if (recovered->is_torn)
            out.note = "the last write to " + path +
                       " was cut off and dropped, which loses nothing";
        if (lost.empty()) out.book = std::move(recovered->book);
    }
    if (!lost.empty()) {
        const auto aside = path + ".lost-" + std::to_string(::time(nullptr));
        if (std::rename(path.c_str(), aside.c_str()) != 0)
            return os_failure("cannot move aside", path, errno);
        out.note = path + " has lost something that had been durable (" + lost +
                   "); it is kept as " + aside +
                   ", and this witness has no vote until its clusters have added it anew";
    }
    const StartNumber next{out.book.start.value + 1};
    out.book.start = out.book.start ? next : first_start();
    out.file = make_store_file(path);
    const auto image = wire::encode_book(out.book);
    out.end = image.size();
    if (auto r = out.file->replace(image, out.end + k_store_step_bytes); !r) return r.error();
    return out;
}

struct WitnessStorage::Impl {
    Impl(OpenedBook opened, Done on_done)
        : lock(std::move(opened.lock)),
          file(std::move(opened.file)),
          book(std::move(opened.book)),
          end(opened.end),
          size(opened.end + k_store_step_bytes),
          size_anew(opened.end),
          done(std::move(on_done)) {}

    void run();
    Result<void> write(const wire::WitnessBookBatch& batch);

    // Of the storage thread alone.
    UniqueFd lock;
    std::unique_ptr<StoreFile> file;
    wire::WitnessBook book;
    std::uint64_t end;
    std::uint64_t size;
    std::uint64_t size_anew;
    std::string failed;
    Done done;

    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::pair<std::string, wire::WitnessChange>> waiting;
    bool is_ending = false;
    std::atomic<std::uint64_t> syncs{0};
    Thread thread;
};

WitnessStorage::WitnessStorage(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<WitnessStorage>> WitnessStorage::start(OpenedBook opened, Done done) {
    auto impl = std::make_unique<Impl>(std::move(opened), std::move(done));
    auto thread = Thread::start({.name = "ha-storage"}, [i = impl.get()] { i->run(); });
    if (!thread) return thread.error();
    impl->thread = std::move(*thread);
    return std::unique_ptr<WitnessStorage>(new WitnessStorage(std::move(impl)));
}

WitnessStorage::~WitnessStorage() {
    {
        std::lock_guard guard(impl_->mutex);
        impl_->is_ending = true;
    }
    impl_->wake.notify_one();
    impl_->thread.join();
}

void WitnessStorage::submit(std::vector<std::pair<std::string, wire::WitnessChange>> changes) {
    {
        std::lock_guard guard(impl_->mutex);
        for (auto& change : changes) impl_->waiting.push_back(std::move(change));
    }
    impl_->wake.notify_one();
}

std::uint64_t WitnessStorage::syncs() const { return impl_->syncs.load(); }

/// A failed write is never tried again, as of a node's store: nothing is answered from then on.
void WitnessStorage::Impl::run() {
    for (;;) {
        wire::WitnessBookBatch batch;
        {
            std::unique_lock guard(mutex);
            wake.wait(guard, [this] { return is_ending || !waiting.empty(); });
            if (waiting.empty()) return;
            // One record has a limit, and each has a sync of its own (storage.cpp says why).
            for (std::size_t bytes = 0;
                 !waiting.empty() && bytes < wire::k_witness_book_record_bytes;) {
                bytes += wire::kept_bytes(waiting.front().second.record.kept) + 256;
                batch.changes.push_back(std::move(waiting.front()));
                waiting.pop_front();
            }
        }
        if (failed.empty())
            if (auto r = write(batch); !r) failed = r.error().context;
        std::vector<Durable> durable;
        if (failed.empty())
            for (const auto& [name, change] : batch.changes)
                durable.push_back({name, change.record.counter});
        done(std::move(durable), failed);
    }
}

Result<void> WitnessStorage::Impl::write(const wire::WitnessBookBatch& batch) {
    syncs++;
    wire::apply(book, batch);
    if (end > 2 * size_anew + k_book_slack_bytes) {
        const auto image = wire::encode_book(book);
        size_anew = end = image.size();
        size = end + k_store_step_bytes;
        return file->replace(image, size);
    }
    const auto record = wire::encode_book_record(book.counter, batch);
    if (end + record.size() > size) {
        size = end + record.size() + 4 * k_store_step_bytes;
        if (auto r = file->grow(size); !r) return r;
    }
    if (auto r = file->write_at(end, record); !r) return r;
    if (auto r = file->sync(); !r) return r;
    end += record.size();
    return {};
}

}  // namespace ha::runtime
