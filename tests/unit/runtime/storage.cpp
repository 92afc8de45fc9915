// The store on a disk: starts, crashes, full disks, failing syncs, damage, two processes.
#include "runtime/storage.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "support.hpp"

namespace ha::runtime {

using test::k_patience;
using test::Mailbox;
using test::TemporaryDirectory;

static wire::StoreBatch entry_batch(std::uint64_t index, std::size_t payload_bytes = 32) {
    wire::StoreBatch out;
    out.append.push_back({LogIndex{index}, Term{1}, wire::EntryKind::commands,
                          Bytes(payload_bytes, static_cast<std::uint8_t>(index))});
    return out;
}

static void damage(const std::string& path, std::streamoff offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(offset);
    char c = static_cast<char>(file.get());
    file.seekp(offset);
    file.put(static_cast<char>(c ^ 0x40));
}

/// Makes entries 1..count durable in a store of `directory`, in one process life.
static void fill(const std::string& directory, std::uint64_t first, std::uint64_t last) {
    auto opened = open_store(directory);
    REQUIRE(opened);
    Mailbox<StorageDone> done;
    auto storage = Storage::start(std::move(*opened), [&](StorageDone d) { done.put(d); });
    REQUIRE(storage);
    for (auto i = first; i <= last; i++)
        (*storage)->submit({PersistSeq{i - first + 1}, entry_batch(i)});
    for (StorageDone d; d.seq.value < last - first + 1;) {
        d = done.take();
        REQUIRE(d.ok);
    }
}

/// Delays, counts or fails what the real file does.
struct Spy {
    std::unique_ptr<StoreFile> file;
    bool fails_sync = false;
    bool fails_write = false;
    bool fails_replace = false;
    std::function<void()> before_sync;
    std::atomic<int> syncs{0}, writes{0}, replaces{0}, writes_after_failure{0};
    bool has_failed = false;
};

class SpyFile final : public StoreFile {
   public:
    explicit SpyFile(Spy& spy) : spy_(spy) {}
    Result<void> write_at(std::uint64_t offset, ByteView bytes) override {
        if (spy_.has_failed) spy_.writes_after_failure++;
        spy_.writes++;
        if (spy_.fails_write) return fail("write");
        return spy_.file->write_at(offset, bytes);
    }
    Result<void> sync() override {
        if (spy_.before_sync) spy_.before_sync();
        spy_.syncs++;
        if (spy_.has_failed) spy_.writes_after_failure++;
        if (spy_.fails_sync) return fail("sync");
        return spy_.file->sync();
    }
    Result<void> grow(std::uint64_t size) override { return spy_.file->grow(size); }
    Result<void> replace(ByteView bytes, std::uint64_t size) override {
        if (spy_.has_failed) spy_.writes_after_failure++;
        if (spy_.fails_replace) return fail("replace");
        spy_.replaces++;
        return spy_.file->replace(bytes, size);
    }

   private:
    Result<void> fail(const char* what) {
        spy_.has_failed = true;
        return failure(FailureCode::io, std::string("injected: cannot ") + what);
    }
    Spy& spy_;
};

static Result<OpenedStore> open_spied(const std::string& directory, Spy& spy) {
    return open_store(directory, [&spy](std::string path) -> std::unique_ptr<StoreFile> {
        spy.file = make_store_file(std::move(path));
        return std::make_unique<SpyFile>(spy);
    });
}

/// A store whose disk does not come back from a sync before the door is open.
struct BusyDisk {
    BusyDisk() {
        auto opened = open_spied(directory.path(), spy);
        REQUIRE(opened);
        spy.before_sync = [this] {
            sync_begun.put(1);
            first_sync_may_end.pass();
        };
        auto started = Storage::start(std::move(*opened), [this](StorageDone d) { done.put(d); });
        REQUIRE(started);
        storage = std::move(*started);
    }

    TemporaryDirectory directory;
    Spy spy;
    test::Door first_sync_may_end;
    Mailbox<int> sync_begun;
    Mailbox<StorageDone> done;
    std::unique_ptr<Storage> storage;
};

TEST_CASE("a new store gets an id and a start number that has never been lower") {
    TemporaryDirectory directory;
    auto opened = open_store(directory.file("deep/state"));
    REQUIRE(opened);
    CHECK(opened->is_new);
    CHECK(!opened->is_lost);
    CHECK(opened->state.store);
    CHECK(opened->state.start.value > 1'000'000'000);  // a machine installed anew comes later
    CHECK(!opened->state.cluster);
    auto store = opened->state.store;
    auto start = opened->state.start;
    *opened = OpenedStore{};
    for (int i = 1; i <= 3; i++) {
        auto again = open_store(directory.file("deep/state"));
        REQUIRE(again);
        CHECK(!again->is_new);
        CHECK(again->state.store == store);
        CHECK(again->state.start.value == start.value + static_cast<std::uint64_t>(i));
    }
}

TEST_CASE("two processes never share a store, and the second is told why") {
    TemporaryDirectory directory;
    auto first = open_store(directory.path());
    REQUIRE(first);
    auto second = open_store(directory.path());
    REQUIRE(!second);
    CHECK(second.error().code == FailureCode::refused);
    CHECK(second.error().context.find("another process") != std::string::npos);
    *first = OpenedStore{};
    CHECK(open_store(directory.path()));
}

TEST_CASE("what was told durable is there after the next start") {
    TemporaryDirectory directory;
    fill(directory.path(), 1, 300);
    fill(directory.path(), 301, 305);
    auto opened = open_store(directory.path());
    REQUIRE(opened);
    REQUIRE(opened->state.entries.size() == 305);
    CHECK(opened->state.entries[299].payload == entry_batch(300).append[0].payload);
    CHECK(opened->note.empty());
}

TEST_CASE("a file that outgrows its space gets more, and is still read back") {
    TemporaryDirectory directory;
    {
        auto opened = open_store(directory.path());
        REQUIRE(opened);
        Mailbox<StorageDone> done;
        auto storage = Storage::start(std::move(*opened), [&](StorageDone d) { done.put(d); });
        REQUIRE(storage);
        for (std::uint64_t i = 1; i <= 40; i++) {
            (*storage)->submit({PersistSeq{i}, entry_batch(i, 50'000)});
            auto d = done.take();
            REQUIRE(d.ok);
            REQUIRE(d.seq.value == i);
        }
        (*storage)->submit({PersistSeq{41}, entry_batch(41, 3'000'000)});  // more than one step
        REQUIRE(done.take().ok);
    }
    auto opened = open_store(directory.path());
    REQUIRE(opened);
    CHECK(opened->state.entries.size() == 41);
    CHECK(!opened->is_lost);
}

TEST_CASE("many batches that arrive while the disk is busy become one new file, in order") {
    BusyDisk disk;
    CHECK(disk.storage->oldest_waiting() == Instant::max());
    disk.storage->submit({PersistSeq{1}, entry_batch(1)});
    disk.sync_begun.take();
    for (std::uint64_t i = 2; i <= 50; i++) disk.storage->submit({PersistSeq{i}, entry_batch(i)});
    CHECK(disk.storage->oldest_waiting() < Instant::max());  // what a slow disk is told by
    CHECK(disk.done.is_empty());
    disk.first_sync_may_end.open();
    CHECK(disk.done.take().seq == PersistSeq{1});
    auto rest = disk.done.take();
    CHECK(rest.seq == PersistSeq{50});
    CHECK(rest.ok);
    CHECK(disk.spy.syncs == 1);
    CHECK(disk.spy.replaces == 2);  // the first is from opening the store
    CHECK(disk.storage->oldest_waiting() == Instant::max());
}

TEST_CASE("a few batches that wait are written one by one: never two without a sync between them") {
    BusyDisk disk;
    disk.storage->submit({PersistSeq{1}, entry_batch(1)});
    disk.sync_begun.take();
    const auto last = 1 + k_records_one_by_one;
    for (std::uint64_t i = 2; i <= last; i++) disk.storage->submit({PersistSeq{i}, entry_batch(i)});
    disk.first_sync_may_end.open();
    for (std::uint64_t i = 1; i <= last; i++) CHECK(disk.done.take().seq == PersistSeq{i});
    CHECK(disk.spy.syncs == static_cast<int>(last));
    CHECK(disk.spy.writes == static_cast<int>(last));
    CHECK(disk.spy.replaces == 1);
}

TEST_CASE("a snapshot is written as a new file, and what follows is appended to it") {
    TemporaryDirectory directory;
    Spy spy;
    {
        auto opened = open_spied(directory.path(), spy);
        REQUIRE(opened);
        CHECK(spy.replaces == 1);
        Mailbox<StorageDone> done;
        auto storage = Storage::start(std::move(*opened), [&](StorageDone d) { done.put(d); });
        REQUIRE(storage);
        for (std::uint64_t i = 1; i <= 20; i++) (*storage)->submit({PersistSeq{i}, entry_batch(i)});
        wire::StoreBatch snapshot;
        snapshot.snapshot = wire::Snapshot{LogIndex{15}, Term{1}, {}, Bytes(1000, 7)};
        (*storage)->submit({PersistSeq{21}, snapshot});
        (*storage)->submit({PersistSeq{22}, entry_batch(21)});
        while (done.take().seq < PersistSeq{22}) {
        }
        CHECK(spy.replaces >= 2);  // more when many waited
    }
    auto opened = open_store(directory.path());
    REQUIRE(opened);
    CHECK(opened->state.snapshot.index == LogIndex{15});
    CHECK(opened->state.snapshot.document == Bytes(1000, 7));
    REQUIRE(opened->state.entries.size() == 6);
    CHECK(opened->state.entries.front().index == LogIndex{16});
}

TEST_CASE("a failed sync or write fails all that waits, and nothing is ever tried again") {
    for (int what = 0; what < 3; what++) {
        CAPTURE(what);
        TemporaryDirectory directory;
        Spy spy;
        auto opened = open_spied(directory.path(), spy);
        REQUIRE(opened);
        Mailbox<StorageDone> done;
        auto storage = Storage::start(std::move(*opened), [&](StorageDone d) { done.put(d); });
        REQUIRE(storage);
        (*storage)->submit({PersistSeq{1}, entry_batch(1)});
        REQUIRE(done.take().ok);
        auto batch = entry_batch(2);
        if (what == 0) spy.fails_sync = true;
        if (what == 1) spy.fails_write = true;
        if (what == 2) {
            spy.fails_replace = true;
            batch = {};
            batch.snapshot = wire::Snapshot{LogIndex{1}, Term{1}, {}, {}};
        }
        (*storage)->submit({PersistSeq{2}, batch});
        auto failed = done.take();
        CHECK(!failed.ok);
        CHECK(failed.seq == PersistSeq{2});
        CHECK(failed.text.find("injected") != std::string::npos);
        spy.fails_sync = spy.fails_write = spy.fails_replace = false;  // the disk is back: no matter
        (*storage)->submit({PersistSeq{3}, entry_batch(3)});
        auto later = done.take();
        CHECK(!later.ok);
        CHECK(later.text == failed.text);
        CHECK(spy.writes_after_failure == 0);
    }
}

TEST_CASE("F9: a store that lost a durable record is set aside, and its node comes as another "
          "voter") {
    TemporaryDirectory directory;
    fill(directory.path(), 1, 30);
    StoreId before;
    std::uint64_t end = 0;
    {
        auto opened = open_store(directory.path());
        REQUIRE(opened);
        before = opened->state.store;
        end = opened->end;
    }
    damage(directory.file("store"), static_cast<std::streamoff>(end / 2));
    auto opened = open_store(directory.path());
    REQUIRE(opened);
    CHECK(opened->is_lost);
    CHECK(opened->state.store != before);
    CHECK(opened->state.entries.empty());
    CHECK(!opened->state.cluster);
    CHECK(!opened->state.voted_for);
    CHECK(opened->note.find("store.lost-1") != std::string::npos);
    CHECK(std::filesystem::exists(directory.file("store.lost-1")));
    // The others refuse a start number below one that they have seen.
    auto second = opened->state.start;
    *opened = OpenedStore{};
    damage(directory.file("store"), 3);
    auto again = open_store(directory.path());
    REQUIRE(again);
    CHECK(again->is_lost);
    CHECK(std::filesystem::exists(directory.file("store.lost-2")));
    CHECK(again->state.start.value == second.value + 1);
}

TEST_CASE("garbage, an empty file and an endless file are set aside with the reason") {
    for (auto& content : {std::string("this is no store"), std::string(),
                          std::string(10'000, '\0'), std::string(4096, '\xff')}) {
        TemporaryDirectory directory;
        std::ofstream(directory.file("store"), std::ios::binary) << content;
        auto opened = open_store(directory.path());
        REQUIRE(opened);
        CHECK(opened->is_lost);
        CHECK(opened->note.find("no voter") != std::string::npos);
    }
    TemporaryDirectory directory;
    { std::ofstream file(directory.file("store")); }
    std::filesystem::resize_file(directory.file("store"), k_limit_store_bytes + 1);
    auto opened = open_store(directory.path());
    REQUIRE(opened);
    CHECK(opened->is_lost);
    CHECK(opened->note.find("longer than") != std::string::npos);
}

TEST_CASE("a store that cannot be read or written is an error, and is not touched") {
    TemporaryDirectory directory;
    std::filesystem::create_directory(directory.file("store"));  // a directory where a file belongs
    auto opened = open_store(directory.path());
    REQUIRE(!opened);
    CHECK(opened.error().context.find(directory.file("store")) != std::string::npos);
    CHECK(std::filesystem::is_directory(directory.file("store")));
    CHECK(!open_store("/proc/state"));
    CHECK(!open_store(""));
    std::ofstream(directory.file("file")) << "x";
    CHECK(!open_store(directory.file("file/state")));
}

/// Runs `body` in a process of its own; its return value is the exit code.
template <class Body>
static pid_t in_child(Body body) {
    pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(body());
    return child;
}

static int wait_for(pid_t child) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

static std::uint64_t last_index(const wire::StoreState& state) {
    return state.snapshot.index.value + state.entries.size();
}

TEST_CASE("a process killed while it appends has lost nothing that it had told durable") {
    TemporaryDirectory directory;
    std::uint64_t told_before = 0;
    for (int round = 0; round < 12; round++) {
        CAPTURE(round);
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        auto child = in_child([&]() -> int {
            auto opened = open_store(directory.path());
            if (!opened) return 1;
            auto base = last_index(opened->state);
            auto first = base + 1;
            auto storage = Storage::start(std::move(*opened), [&](StorageDone d) {
                if (!d.ok) ::_exit(2);
                auto index = base + d.seq.value;
                if (::write(ends[1], &index, sizeof index) != sizeof index) ::_exit(3);
            });
            if (!storage) return 4;
            for (std::uint64_t i = first; i < first + 100'000; i++) {
                auto batch = entry_batch(i, i % 700);
                // Now and then a snapshot, so that some kills hit a rename.
                if (i % 97 == 0)
                    batch.snapshot = wire::Snapshot{LogIndex{i - 1}, Term{1}, {}, Bytes(9000, 1)};
                (*storage)->submit({PersistSeq{i - base}, batch});
                if ((*storage)->oldest_waiting() != Instant::max() && i % 5 == 0) ::usleep(100);
            }
            ::pause();
            return 5;
        });
        ::close(ends[1]);
        std::uint64_t told = told_before, index = 0;
        int reports = 0;
        while (reports < 3 + round * 7 && ::read(ends[0], &index, sizeof index) == sizeof index) {
            reports++;
            told = index;
        }
        CHECK(reports == 3 + round * 7);
        REQUIRE(::kill(child, SIGKILL) == 0);
        // What it still told before it died counts too.
        while (::read(ends[0], &index, sizeof index) == sizeof index) told = index;
        ::close(ends[0]);
        CHECK(WIFSIGNALED(wait_for(child)));
        auto opened = open_store(directory.path());
        REQUIRE(opened);
        CHECK(!opened->is_lost);
        INFO(opened->note);
        CHECK(last_index(opened->state) >= told);
        told_before = last_index(opened->state);
    }
}

/// Appends until the file system has no more space; true when that is told, once and for all.
static bool fills_up_cleanly(const std::string& directory, const char* words) {
    auto opened = open_store(directory);
    if (!opened) return false;
    Mailbox<StorageDone> done;
    auto storage = Storage::start(std::move(*opened), [&](StorageDone d) { done.put(d); });
    if (!storage) return false;
    for (std::uint64_t i = 1; i < 1000; i++) {
        (*storage)->submit({PersistSeq{i}, entry_batch(i, 20'000)});
        auto d = done.take();
        if (d.ok) continue;
        (*storage)->submit({PersistSeq{i + 1}, entry_batch(i, 1)});
        return d.text.find(words) != std::string::npos && !done.take().ok && i > 1;
    }
    return false;
}

TEST_CASE("a full disk fails the write that does not fit, with the system's words") {
    TemporaryDirectory directory;
    auto status = wait_for(in_child([&]() -> int {
        ::signal(SIGXFSZ, SIG_IGN);
        rlimit limit{600'000, 600'000};
        if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
        return fills_up_cleanly(directory.path(), "EFBIG") ? 0 : 2;
    }));
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    auto opened = open_store(directory.path());
    REQUIRE(opened);
    CHECK(!opened->is_lost);
    CHECK(opened->state.entries.size() > 0);
}

TEST_CASE("a store on a full file system is refused, kept, and used again once there is space") {
    TemporaryDirectory directory;
    constexpr int k_no_mount = 77;
    auto status = wait_for(in_child([&]() -> int {
        auto path = directory.file("small");
        std::filesystem::create_directory(path);
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("small", path.c_str(), "tmpfs", 0, "size=1m") != 0)
            return k_no_mount;
        if (!fills_up_cleanly(path, "ENOSPC")) return 1;
        auto refused = open_store(path);  // the new file does not fit beside the old one
        if (refused || refused.error().context.find("ENOSPC") == std::string::npos) return 2;
        if (std::filesystem::exists(path + "/store.new")) return 3;
        if (::mount("small", path.c_str(), "tmpfs", MS_REMOUNT, "size=8m") != 0) return 4;
        auto opened = open_store(path);
        if (!opened || opened->is_lost || opened->state.entries.size() < 2) return 5;
        return 0;
    }));
    REQUIRE(WIFEXITED(status));
    if (WEXITSTATUS(status) == k_no_mount) {
        MESSAGE("skipped: mounting a file system is not permitted here");
        return;
    }
    CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace ha::runtime
