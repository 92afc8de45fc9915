// The flight recorder's files: ring, torn ends, full disks, other builds, and a whole node's run.
#include "runtime/recorder.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "base/archive.hpp"
#include "base/checksum.hpp"
#include "base/random.hpp"
#include "runtime/player.hpp"
#include "support.hpp"

namespace ha::runtime {

using test::Mailbox;
using test::TemporaryDirectory;

namespace {

RecordingHeader header_of(std::uint64_t start) {
    RecordingHeader header;
    header.version = build_version();
    header.layout = engine::recording_layout();
    header.cluster = "test";
    header.node = "web1";
    header.start = StartNumber{start};
    return header;
}

RecorderOptions options_of(const std::string& directory, std::uint64_t start = 1) {
    RecorderOptions out;
    out.reserve_bytes = 0;
    out.directory = directory;
    out.header = header_of(start);
    return out;
}

Bytes noise(std::size_t size, std::uint64_t seed) {
    Random random(seed_from(seed));
    Bytes out(size);
    for (auto& byte : out) byte = static_cast<std::uint8_t>(random.next());
    return out;
}

std::vector<Bytes> records_in(RecordingReader& reader) {
    std::vector<Bytes> out;
    while (const auto record = reader.next()) out.emplace_back(record->begin(), record->end());
    return out;
}

Bytes file_of(const std::string& path) { return read_file(path, 1 << 30).value(); }

/// A file with these records, each in a chunk of its own.
Bytes file_with(const TemporaryDirectory& directory, const std::vector<Bytes>& records) {
    const auto path = directory.file("one" + std::string(k_recording_suffix));
    {
        auto writer = RecordingWriter::make(path, header_of(1)).value();
        for (const auto& record : records) {
            Bytes bytes;
            put_record(bytes, record);
            REQUIRE(writer->write(bytes).has_value());
        }
        REQUIRE(writer->finish("the end").has_value());
    }
    auto out = file_of(path);
    std::remove(path.c_str());
    return out;
}

}  // namespace

TEST_CASE("what is recorded is read again: header, records, and why they end") {
    TemporaryDirectory directory;
    const auto path = directory.file("x");
    std::vector<Bytes> records;
    for (std::size_t i = 0; i < 200; i++) records.push_back(noise(i * 37, i));
    records.push_back(noise(9 * 1024 * 1024, 7));  // longer than a chunk
    records.push_back({});
    {
        auto recorder = Recorder::start(options_of(path, 12), [](const std::string&) {}).value();
        recorder->begin_segment(records.front(), 5);
        for (std::size_t i = 1; i < records.size(); i++) recorder->add(records[i], i % 10 == 0);
        recorder->set_last_words("that was it");
    }
    const auto found = find_recordings(path);
    REQUIRE(found.size() == 1);
    CHECK(found.front() == path + "/" + recording_name(StartNumber{12}, 1));
    struct stat info {};
    REQUIRE(::stat(found.front().c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    auto reader = RecordingReader::open(found.front()).value();
    CHECK(reader->header().node == "web1");
    CHECK(reader->header().start == StartNumber{12});
    CHECK(reader->header().first_step == 5);
    CHECK(records_in(*reader) == records);
    CHECK(reader->end() == "that was it");
    CHECK_FALSE(reader->is_cut_off());
}

TEST_CASE("a recording that is cut off anywhere gives all its whole records, and says so") {
    TemporaryDirectory directory;
    std::vector<Bytes> records;
    for (std::size_t i = 0; i < 20; i++) records.push_back(noise(40, i));
    const auto file = file_with(directory, records);
    std::size_t most = 0;
    for (std::size_t n = 0; n < file.size(); n++) {
        const auto part = ByteView(file).first(n);
        auto reader = RecordingReader::read(Bytes(part.begin(), part.end()));
        if (!reader) {
            CHECK(n < 600);  // within the header
            continue;
        }
        const auto read = records_in(**reader);
        CHECK(read.size() >= most);
        most = std::max(most, read.size());
        REQUIRE(read.size() <= records.size());
        CHECK(std::equal(read.begin(), read.end(), records.begin()));
        CHECK((*reader)->is_cut_off());
        CHECK_FALSE((*reader)->end().empty());
    }
    CHECK(most == records.size());
}

TEST_CASE("a byte that is changed anywhere is found, and nothing behind it is believed") {
    TemporaryDirectory directory;
    std::vector<Bytes> records;
    for (std::size_t i = 0; i < 8; i++) records.push_back(noise(40, i));
    const auto file = file_with(directory, records);
    for (std::size_t n = 0; n < file.size(); n++) {
        auto changed = file;
        changed[n] ^= 0x10;
        auto reader = RecordingReader::read(changed);
        if (!reader) continue;
        const auto read = records_in(**reader);
        CHECK((*reader)->is_cut_off());
        CHECK(std::equal(read.begin(), read.end(), records.begin()));
    }
}

TEST_CASE("the ring keeps its bound: the oldest files go, of earlier starts first") {
    TemporaryDirectory directory;
    auto options = options_of(directory.path(), 3);
    options.bytes_max = 1024 * 1024;
    const auto old = directory.file(recording_name(StartNumber{2}, 9));
    std::ofstream(old) << std::string(300 * 1024, 'x');
    Mailbox<std::string> told;
    const auto tell = [&](std::string s) { told.put(std::move(s)); };
    auto recorder = Recorder::start(options, tell).value();
    std::uint64_t step = 1;
    recorder->begin_segment(noise(1000, 1), step);
    std::size_t segments = 1;
    // Three times the bound; each part waits until it is written, so that nothing overruns.
    for (std::size_t i = 0; i < 300; i++) {
        const auto before = recorder->status().bytes;
        recorder->add(noise(10 * 1024 + i, ++step), true);
        test::await_that([&] { return recorder->status().bytes != before; });
        if (!recorder->wants_segment()) continue;
        recorder->begin_segment(noise(1000, 1), step);
        segments++;
    }
    recorder.reset();
    CHECK(told.is_empty());
    const auto found = find_recordings(directory.path());
    std::uint64_t sum = 0;
    for (const auto& path : found) sum += file_of(path).size();
    CHECK(sum <= options.bytes_max);
    CHECK(segments >= 2 * k_recording_segments);  // each is a little longer than its share
    CHECK(found.size() >= k_recording_segments - 2);
    CHECK(std::count(found.begin(), found.end(), old) == 0);
    // Each of them begins with what was given as a beginning.
    for (const auto& path : found) {
        auto reader = RecordingReader::open(path).value();
        const auto first = reader->next();
        REQUIRE(first.has_value());
        CHECK(Bytes(first->begin(), first->end()) == noise(1000, 1));
    }
}

TEST_CASE("a disk that does not take the recording stops it and nothing else; later it goes on") {
    TemporaryDirectory directory;
    // A file stands where the directory should be.
    const auto path = directory.file("recordings");
    std::ofstream(path) << "x";
    auto options = options_of(path);
    options.retry = 1ms;
    Mailbox<std::string> told;
    const auto tell = [&](std::string s) { told.put(std::move(s)); };
    auto recorder = Recorder::start(options, tell).value();
    recorder->begin_segment(noise(10, 1), 1);
    // Whoever asks for the status hands over, too, what was added while the queue was in use.
    test::await_that([&] { return !recorder->status().is_recording; });
    const auto why = told.take();
    CHECK(why.find(path) != std::string::npos);
    CHECK(recorder->status().problem == why);
    CHECK_FALSE(recorder->is_recording());
    recorder->add(noise(10, 2), true);  // dropped
    std::remove(path.c_str());
    test::await_that([&] { return recorder->wants_segment(); });
    recorder->begin_segment(noise(10, 3), 3);
    test::await_that([&] { return recorder->status().is_recording; });
    CHECK(told.take().empty());
    recorder->add(noise(10, 4), true);
    recorder.reset();
    const auto found = find_recordings(path);
    REQUIRE(found.size() == 1);
    auto reader = RecordingReader::open(found.front()).value();
    CHECK(records_in(*reader) == std::vector<Bytes>{noise(10, 3), noise(10, 4)});
}

TEST_CASE("records that no disk takes in time end the recording, without waiting for it") {
    TemporaryDirectory directory;
    Mailbox<std::string> told;
    auto recorder = Recorder::start(options_of(directory.path()), [&](std::string s) {
                        told.put(std::move(s));
                    }).value();
    recorder->begin_segment(noise(10, 1), 1);
    // More at once than may wait: a single record is the whole queue.
    recorder->add(Bytes(k_limit_waiting_record_bytes + 1), true);
    CHECK_FALSE(recorder->is_recording());
    CHECK(told.take().find("too slow") != std::string::npos);
}

TEST_CASE("what is no recording, or of another format or build, is told so") {
    TemporaryDirectory directory;
    CHECK(RecordingReader::read(Bytes(100)).error().context.find("no recording") !=
          std::string::npos);
    auto file = file_with(directory, {noise(10, 1)});
    auto other = file;
    other[16] = 99;
    CHECK(RecordingReader::read(other).error().context.find("format 99") != std::string::npos);
    // A build whose starts hold other things.
    auto header = header_of(1);
    header.version = "9.9.9";
    header.layout.start++;
    const auto path = directory.file("other");
    {
        auto writer = RecordingWriter::make(path, header).value();
        Bytes bytes;
        put_record(bytes, Bytes{0});
        REQUIRE(writer->write(bytes).has_value());
    }
    const auto player = Player::open(path);
    REQUIRE_FALSE(player.has_value());
    CHECK(player.error().context.find("9.9.9") != std::string::npos);
    CHECK(player.error().context.find(build_version()) != std::string::npos);
}

}  // namespace ha::runtime
