// The storage thread and its group commit.
#include "runtime/storage.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "base/assert.hpp"
#include "runtime/machine.hpp"
#include "runtime/thread.hpp"

namespace ha::runtime {

namespace {

struct Waiting {
    StorageJob job;
    Instant since;
};

}  // namespace

struct Storage::Impl {
    Impl(OpenedStore opened, std::function<void(StorageDone)> on_done)
        : lock(std::move(opened.lock)),
          file(std::move(opened.file)),
          state(std::move(opened.state)),
          end(opened.end),
          size(opened.end + k_store_step_bytes),
          done(std::move(on_done)) {}

    void run();
    void write(const std::vector<Waiting>& group);
    void finish(Result<void> result, const Waiting& last, Instant since);
    Result<void> write_anew();
    Result<void> append(const Bytes& records);

    // Of the storage thread alone.
    UniqueFd lock;
    std::unique_ptr<StoreFile> file;
    wire::StoreState state;  ///< what the file says, to write it anew from
    std::uint64_t end;
    std::uint64_t size;
    std::string failed;      ///< why nothing is written any more
    std::function<void(StorageDone)> done;

    std::mutex mutex;
    std::condition_variable wake;
    std::vector<Waiting> queue;
    bool is_ending = false;
    PersistSeq newest;
    std::atomic<std::int64_t> oldest_ns{INT64_MAX};

    Thread thread;
};

Storage::Storage(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Storage>> Storage::start(OpenedStore store,
                                                std::function<void(StorageDone)> done,
                                                StorageOptions options) {
    auto impl = std::make_unique<Impl>(std::move(store), std::move(done));
    auto thread = Thread::start({.name = "ha-storage"}, [i = impl.get(), options] {
        if (options.is_realtime) static_cast<void>(make_this_thread_realtime());
        i->run();
    });
    if (!thread) return thread.error();
    impl->thread = std::move(*thread);
    return std::unique_ptr<Storage>(new Storage(std::move(impl)));
}

Storage::~Storage() {
    {
        std::lock_guard guard(impl_->mutex);
        impl_->is_ending = true;
    }
    impl_->wake.notify_one();
    impl_->thread.join();
}

void Storage::submit(StorageJob job) {
    auto at = now();
    {
        std::lock_guard guard(impl_->mutex);
        HA_ASSERT(job.seq > impl_->newest);
        impl_->newest = job.seq;
        if (impl_->oldest_ns.load(std::memory_order_relaxed) == INT64_MAX)
            impl_->oldest_ns.store(at.ns, std::memory_order_relaxed);
        impl_->queue.push_back({std::move(job), at});
    }
    impl_->wake.notify_one();
}

Instant Storage::oldest_waiting() const {
    return Instant{impl_->oldest_ns.load(std::memory_order_relaxed)};
}

void Storage::Impl::run() {
    for (;;) {
        std::vector<Waiting> group;
        {
            std::unique_lock guard(mutex);
            wake.wait(guard, [this] { return is_ending || !queue.empty(); });
            if (queue.empty()) return;
            group.swap(queue);
        }
        write(group);
        // Space for the next appends is made while nobody waits, and its failure is a failure: the
        // next append would not fit.
        if (failed.empty() && size - end < k_store_step_bytes / 2) {
            auto grown = file->grow(size + k_store_step_bytes);
            if (grown) grown = file->sync();
            if (grown) size += k_store_step_bytes;
        }
    }
}

/// Two records that are written without a sync between them can reach the disk in any order, and a
/// first one that is cut off before a whole second one looks like a loss. So each record has a sync
/// of its own; where many wait, all of them become one new file, which is one step again.
void Storage::Impl::write(const std::vector<Waiting>& group) {
    if (failed.empty() && group.size() > k_limit_waiting_batches)
        failed = "more than " + std::to_string(k_limit_waiting_batches) +
                 " records waited for the disk";
    if (failed.empty() && group.size() > k_records_one_by_one) {
        for (auto& waiting : group) wire::apply(state, waiting.job.batch);
        return finish(write_anew(), group.back(), group.front().since);
    }
    for (auto& waiting : group) {
        Result<void> result;
        if (failed.empty()) {
            auto& batch = waiting.job.batch;
            wire::apply(state, batch);
            const bool is_anew = end > k_limit_log_file_bytes || batch.snapshot;
            result = is_anew ? write_anew() : append(wire::encode_record(state.counter, batch));
        }
        finish(std::move(result), waiting, waiting.since);
    }
}

void Storage::Impl::finish(Result<void> result, const Waiting& last, Instant since) {
    if (!result) failed = result.error().context;
    auto at = now();
    {
        std::lock_guard guard(mutex);
        oldest_ns.store(queue.empty() ? INT64_MAX : queue.front().since.ns,
                        std::memory_order_relaxed);
    }
    done({last.job.seq, failed.empty(), failed, at - since});
}

Result<void> Storage::Impl::write_anew() {
    auto image = wire::encode_store(state);
    auto size_new = image.size() + k_store_step_bytes;
    if (auto r = file->replace(image, size_new); !r) return r;
    end = image.size();
    size = size_new;
    return {};
}

Result<void> Storage::Impl::append(const Bytes& records) {
    if (end + records.size() > size) {
        auto size_new = end + records.size() + k_store_step_bytes;
        if (auto r = file->grow(size_new); !r) return r;
        size = size_new;
    }
    if (auto r = file->write_at(end, records); !r) return r;
    if (auto r = file->sync(); !r) return r;
    end += records.size();
    return {};
}

}  // namespace ha::runtime
