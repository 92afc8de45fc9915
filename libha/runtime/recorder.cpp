// The recorder's thread and its ring of files.
#include "runtime/recorder.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <utility>

#include "runtime/machine.hpp"
#include "runtime/thread.hpp"

namespace ha::runtime {

namespace {

/// So much is worth a chunk of its own, however little there is to tell.
constexpr std::size_t k_chunk_worth_bytes = 256 * 1024;

std::uint64_t size_of(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

/// A node whose state was thrown away counts its starts anew: names tell no order between them.
std::int64_t written_at(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return 0;
    return std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
}

}  // namespace

std::string recording_name(StartNumber start, std::uint32_t segment) {
    char name[64];
    std::snprintf(name, sizeof name, "start-%08llu-%06u",
                  static_cast<unsigned long long>(start.value), segment);
    return std::string(name) + k_recording_suffix;
}

std::vector<std::string> find_recordings(const std::string& directory) {
    std::vector<std::pair<std::int64_t, std::string>> found;
    std::error_code error;
    for (auto at = std::filesystem::directory_iterator(directory, error);
         !error && at != std::filesystem::directory_iterator(); at.increment(error))
        if (at->path().extension() == k_recording_suffix) {
            auto path = at->path().string();
            const auto written = written_at(path);
            found.emplace_back(written, std::move(path));
        }
    std::sort(found.begin(), found.end());
    std::vector<std::string> out;
    for (auto& [written, path] : found) out.push_back(std::move(path));
    return out;
}

namespace {

/// Records of one file, in the order in which they were added.
struct Part {
    std::uint64_t life = 0;
    bool begins = false;      ///< a new file
    std::uint64_t step = 0;   ///< it begins with
    Bytes bytes;
};

}  // namespace

/// A *life* is a time without gaps. It ends when records are dropped, for whatever reason; then
/// what is left of it in the queue is dropped too, and the next one begins with an image.
struct Recorder::Impl {
    Impl(RecorderOptions o, std::function<void(std::string)> c)
        : options(std::move(o)), changed(std::move(c)) {}

    void push(bool begins, std::uint64_t step, ByteView record, bool is_news_now);
    void hand_over();
    void run();
    void take(std::vector<Part> parts);
    Result<void> open(std::uint64_t step);
    Result<void> write(ByteView records);
    void make_room(std::uint64_t wanted);
    bool is_reserve_left(std::uint64_t wanted) const;
    Result<void> check_reserve(std::uint64_t wanted) const;
    std::vector<std::string> look_around();
    void stop(const std::string& why);

    const RecorderOptions options;
    const std::function<void(std::string)> changed;

    // Of the thread that adds.
    std::uint64_t life_here = 0;
    std::vector<Part> outside;  ///< added while the lock was taken
    std::size_t outside_bytes = 0;
    bool is_news_outside = false;
    std::string last_words_here = "the node was stopped";
    mutable RecorderStatus status_seen;

    mutable std::mutex mutex;
    std::condition_variable wake;
    std::vector<Part> waiting;
    std::size_t waiting_bytes = 0;
    bool is_news = false;
    bool is_ending = false;
    std::string last_words;
    RecorderStatus status;

    std::atomic<std::uint64_t> life{1};
    std::atomic<bool> wants_segment{false};
    std::atomic<bool> is_overrun{false};

    // Of the recorder's thread.
    std::unique_ptr<RecordingWriter> writer;
    std::uint64_t others_bytes = 0;  ///< of all other files in the directory, when last looked at
    std::uint32_t segment = 0;
    bool is_next_asked = false;  ///< an image, to begin the next file with
    Instant retry_at = Instant::max();
    Thread thread;
};

Recorder::Recorder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Recorder>> Recorder::start(RecorderOptions options,
                                                  std::function<void(std::string)> changed) {
    auto impl = std::make_unique<Impl>(std::move(options), std::move(changed));
    impl->status.is_recording = true;
    impl->status.bytes_max = impl->options.bytes_max;
    impl->status_seen = impl->status;
    auto thread = Thread::start({.name = "ha-recorder"}, [i = impl.get()] { i->run(); });
    if (!thread) return thread.error();
    impl->thread = std::move(*thread);
    return std::unique_ptr<Recorder>(new Recorder(std::move(impl)));
}

Recorder::~Recorder() {
    {
        std::lock_guard guard(impl_->mutex);
        for (auto& part : impl_->outside) impl_->waiting.push_back(std::move(part));
        impl_->last_words = std::move(impl_->last_words_here);
        impl_->is_ending = true;
    }
    impl_->wake.notify_one();
    impl_->thread.join();
}

void Recorder::begin_segment(ByteView record, std::uint64_t step) {
    impl_->life_here = impl_->life;
    impl_->wants_segment = false;
    impl_->push(true, step, record, true);
}

void Recorder::add(ByteView record, bool is_news) {
    if (is_recording()) impl_->push(false, 0, record, is_news);
}

bool Recorder::wants_segment() const {
    return impl_->wants_segment.load(std::memory_order_relaxed);
}
bool Recorder::is_recording() const {
    return impl_->life_here == impl_->life.load(std::memory_order_relaxed);
}

void Recorder::set_last_words(std::string why) {
    impl_->last_words_here = std::move(why);
}

RecorderStatus Recorder::status() const {
    // Not waited for: its owner may be kept from running by all that the machine does besides.
    if (const std::unique_lock guard(impl_->mutex, std::try_to_lock); guard.owns_lock()) {
        impl_->hand_over();
        impl_->status_seen = impl_->status;
    }
    return impl_->status_seen;
}

void Recorder::Impl::push(bool begins, std::uint64_t step, ByteView record, bool is_news_now) {
    const auto put = [&](std::vector<Part>& parts, std::size_t& bytes) {
        if (begins || parts.empty() || parts.back().life != life_here)
            parts.push_back({life_here, begins, step, {}});
        const auto had = parts.back().bytes.size();
        put_record(parts.back().bytes, record);
        bytes += parts.back().bytes.size() - had;
    };
    put(outside, outside_bytes);
    const std::unique_lock guard(mutex, std::try_to_lock);
    if (outside_bytes + (guard.owns_lock() ? waiting_bytes : 0) > k_limit_waiting_record_bytes) {
        outside.clear();
        outside_bytes = 0;
        is_overrun = true;
        life++;
        return;
    }
    is_news_outside |= is_news_now;
    if (guard.owns_lock()) hand_over();
}

/// With the lock: to the recorder's thread what was added while it had it, too.
void Recorder::Impl::hand_over() {
    for (auto& part : outside) {
        const bool goes_on =
            !part.begins && !waiting.empty() && waiting.back().life == part.life;
        if (goes_on)
            waiting.back().bytes.insert(waiting.back().bytes.end(), part.bytes.begin(),
                                        part.bytes.end());
        else
            waiting.push_back(std::move(part));
    }
    waiting_bytes += outside_bytes;
    outside.clear();
    outside_bytes = 0;
    const bool is_first_news = std::exchange(is_news_outside, false) && !is_news;
    is_news |= is_first_news;
    if (is_first_news || waiting_bytes > k_chunk_worth_bytes) wake.notify_one();
}

void Recorder::Impl::run() {
    for (;;) {
        std::vector<Part> taken;
        bool is_last = false;
        std::string words;
        {
            std::unique_lock guard(mutex);
            wake.wait_for(guard, k_recorder_interval, [this] {
                return is_ending || is_news || waiting_bytes > k_chunk_worth_bytes;
            });
            taken.swap(waiting);
            waiting_bytes = 0;
            is_news = false;
            is_last = is_ending;
            words = last_words;
        }
        if (is_overrun.exchange(false))
            stop("the disk is too slow for it: " +
                 std::to_string(k_limit_waiting_record_bytes >> 20) + " MiB waited");
        take(std::move(taken));
        if (now() >= retry_at) {
            retry_at = Instant::max();
            wants_segment = true;
        }
        if (!is_last) continue;
        if (writer) static_cast<void>(writer->finish(words));
        return;
    }
}

void Recorder::Impl::take(std::vector<Part> parts) {
    for (const auto& part : parts) {
        if (part.life != life) continue;
        auto done = part.begins ? open(part.step) : Result<void>();
        if (done && writer) done = write(part.bytes);
        if (!done) stop(done.error().context);
    }
    const auto share = options.bytes_max / k_recording_segments;
    if (writer && writer->size() >= share && !std::exchange(is_next_asked, true))
        wants_segment = true;
}

Result<void> Recorder::Impl::open(std::uint64_t step) {
    if (writer) static_cast<void>(writer->finish("it goes on in the next file"));
    writer.reset();
    if (auto r = make_directories(options.directory); !r) return r;
    if (auto r = check_reserve(0); !r) return r;
    auto header = options.header;
    header.first_step = step;
    header.wall_us = clock_offset_us() + now().ns / 1000;
    std::string path;
    do {
        header.segment = ++segment;
        path = options.directory + "/" + recording_name(header.start, header.segment);
    } while (::access(path.c_str(), F_OK) == 0);
    auto made = RecordingWriter::make(path, header);
    if (!made) return made.error();
    writer = std::move(*made);
    is_next_asked = false;
    look_around();
    bool was_stopped = false;
    {
        std::lock_guard guard(mutex);
        status.file = path;
        was_stopped = !std::exchange(status.is_recording, true);
        status.problem.clear();
    }
    if (was_stopped) changed({});
    return {};
}

bool Recorder::Impl::is_reserve_left(std::uint64_t wanted) const {
    struct statvfs info {};
    if (::statvfs(options.directory.c_str(), &info) != 0) return true;  // the write will tell
    return info.f_bavail * info.f_frsize >= options.reserve_bytes + wanted;
}

Result<void> Recorder::Impl::check_reserve(std::uint64_t wanted) const {
    if (is_reserve_left(wanted)) return {};
    return failure(FailureCode::limit,
                   "less than " + std::to_string(options.reserve_bytes >> 20) +
                       " MiB are free in " + options.directory + ", which are left to the store");
}

/// The oldest go as far as they have to. Looks into the directory only when it seems to be full.
void Recorder::Impl::make_room(std::uint64_t wanted) {
    const auto is_enough = [&] {
        return others_bytes + writer->size() + wanted <= options.bytes_max &&
               is_reserve_left(wanted);
    };
    if (is_enough()) return;
    const auto found = look_around();
    for (const auto& path : found) {
        if (is_enough()) break;
        if (path == writer->path()) continue;
        const auto size = size_of(path);
        if (::unlink(path.c_str()) == 0) others_bytes -= size;
    }
}

/// All recordings, oldest first.
std::vector<std::string> Recorder::Impl::look_around() {
    auto found = find_recordings(options.directory);
    others_bytes = 0;
    for (const auto& path : found)
        if (path != writer->path()) others_bytes += size_of(path);
    return found;
}

Result<void> Recorder::Impl::write(ByteView records) {
    // How well it compresses is not known before; an eighth is what it does at worst in practice.
    const auto wanted = records.size() / 8 + 4096;
    make_room(wanted);
    if (auto r = check_reserve(wanted); !r) return r;
    if (auto r = writer->write(records); !r) return r;
    make_room(0);
    std::lock_guard guard(mutex);
    status.bytes = others_bytes + writer->size();
    return {};
}

void Recorder::Impl::stop(const std::string& why) {
    life++;
    if (writer) static_cast<void>(writer->finish("recording stopped: " + why));
    writer.reset();
    retry_at = now() + options.retry;
    bool was_recording = false;
    {
        std::lock_guard guard(mutex);
        was_recording = std::exchange(status.is_recording, false);
        status.problem = why;
    }
    if (was_recording) changed(why);
}

}  // namespace ha::runtime
