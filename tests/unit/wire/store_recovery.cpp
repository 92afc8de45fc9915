// Reading a store back: torn is told from lost, and no older state ever claims to be whole.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/random.hpp"
#include "wire/store.hpp"
#include "wire/store_format.hpp"
#include "wire_samples.hpp"

using namespace ha;
using namespace ha::wire;
using namespace ha::test;

namespace {

constexpr std::size_t k_file_bytes = 8192;

/// A store with some records, and what it must come back as after each of them.
struct Sample {
    Bytes file;
    std::vector<StoreState> states;   ///< after the first record, the second, ...
    std::vector<std::size_t> ends;    ///< where each record ends

    explicit Sample(std::size_t padding = 0) {
        auto state = sample_state();
        state.snapshot.document.resize(state.snapshot.document.size() + padding, 3);
        file = encode_store(state);
        states.push_back(state);
        ends.push_back(file.size());
        for (const auto& batch : sample_batches()) {
            const auto record = encode_record(state.counter + 1, batch);
            REQUIRE(record.size() % k_record_align == 0);
            file.insert(file.end(), record.begin(), record.end());
            apply(state, batch);
            states.push_back(state);
            ends.push_back(file.size());
        }
        REQUIRE(file.size() < k_file_bytes);
        file.resize(k_file_bytes);
    }
    std::size_t last_begin() const { return ends[ends.size() - 2]; }
    std::size_t last_end() const { return ends.back(); }
    const StoreState& newest() const { return states.back(); }
    const StoreState& before_newest() const { return states[states.size() - 2]; }
};

Recovered must_recover(ByteView file) {
    auto recovered = recover_store(file);
    REQUIRE(recovered.has_value());
    return *recovered;
}

}  // namespace

TEST_CASE("a whole store comes back, after each of its records") {
    const Sample sample;
    for (std::size_t i = 0; i < sample.ends.size(); i++) {
        auto file = sample.file;
        std::fill(file.begin() + static_cast<std::ptrdiff_t>(sample.ends[i]), file.end(), 0);
        const auto r = must_recover(file);
        CHECK(r.state == sample.states[i]);
        CHECK(r.end == sample.ends[i]);
        CHECK_FALSE(r.is_torn);
        CHECK_FALSE(r.is_lost);
        CHECK(r.what.empty());
    }
}

TEST_CASE("a store that is full to the last byte, or has no room for a header, is whole") {
    const Sample sample;
    for (std::size_t extra : {0u, 8u, 16u}) {
        const auto r = must_recover(ByteView(sample.file).first(sample.last_end() + extra));
        CHECK(r.state == sample.newest());
        CHECK_FALSE(r.is_torn);
        CHECK_FALSE(r.is_lost);
    }
}

TEST_CASE("an empty store with its id and start comes back") {
    StoreState s;
    s.store = sample_id<StoreId>(1);
    s.start = StartNumber{1};
    s.counter = 1;
    const auto r = must_recover(encode_store(s));
    CHECK(r.state == s);
    CHECK_FALSE(r.is_lost);
}

TEST_CASE("no changed byte anywhere makes an older state claim to be whole or merely torn") {
    const Sample sample;
    for (std::size_t at = 0; at < sample.file.size(); at++) {
        for (const std::uint8_t change : {0x01, 0x80, 0xff}) {
            auto file = sample.file;
            file[at] = static_cast<std::uint8_t>(file[at] ^ change);
            const auto r = recover_store(file);
            if (!r) {
                CHECK(at < sample.ends.front());
                continue;
            }
            CAPTURE(at);
            CAPTURE(r->what);
            CHECK(r->is_lost);
            CHECK_FALSE(r->is_torn);
        }
    }
}

TEST_CASE("no zeroed byte anywhere makes an older state claim to be whole or merely torn") {
    const Sample sample;
    for (std::size_t at = 0; at < sample.last_end(); at++) {
        if (sample.file[at] == 0) continue;
        auto file = sample.file;
        file[at] = 0;
        const auto r = recover_store(file);
        CAPTURE(at);
        if (r) CHECK(r->is_lost);
    }
}

TEST_CASE("a last record cut off at any sector is torn, wherever it begins in its sector") {
    for (std::size_t padding = 0; padding < 512; padding += 8) {
        const Sample sample(padding);
        const auto first = (sample.last_begin() / k_sector_bytes + 1) * k_sector_bytes;
        for (auto cut = first; cut < sample.last_end(); cut += k_sector_bytes) {
            auto file = sample.file;
            std::fill(file.begin() + static_cast<std::ptrdiff_t>(cut), file.end(), 0);
            const auto r = must_recover(file);
            CAPTURE(padding);
            CAPTURE(cut);
            CAPTURE(r.what);
            CHECK(r.is_torn);
            CHECK_FALSE(r.is_lost);
            CHECK(r.state == sample.before_newest());
            CHECK(r.end == sample.last_begin());
        }
    }
}

TEST_CASE("any set of sectors of the last record left unwritten is torn") {
    for (std::size_t padding = 0; padding < 512; padding += 40) {
        const Sample sample(padding / 8 * 8);
        std::vector<std::size_t> edges{sample.last_begin()};
        while (edges.back() < sample.last_end())
            edges.push_back(std::min(sample.last_end(),
                                     (edges.back() / k_sector_bytes + 1) * k_sector_bytes));
        const auto parts = edges.size() - 1;
        REQUIRE(parts >= 3);
        for (unsigned missing = 1; missing < (1u << parts); missing++) {
            auto file = sample.file;
            for (std::size_t i = 0; i < parts; i++)
                if ((missing >> i) & 1)
                    std::fill(file.begin() + static_cast<std::ptrdiff_t>(edges[i]),
                              file.begin() + static_cast<std::ptrdiff_t>(edges[i + 1]), 0);
            const auto r = must_recover(file);
            CAPTURE(padding);
            CAPTURE(missing);
            CAPTURE(r.what);
            CHECK_FALSE(r.is_lost);
            // With nothing of it written there is nothing that could be seen of it.
            CHECK(r.is_torn == (missing + 1 != (1u << parts)));
            CHECK(r.state == sample.before_newest());
        }
    }
}

TEST_CASE("a file that grew with its last record and was cut short within it is torn") {
    const Sample sample;
    const auto shortest = sample.last_begin() + k_record_header_bytes;
    for (auto size = shortest; size < sample.last_end(); size++) {
        const auto r = must_recover(ByteView(sample.file).first(size));
        CHECK(r.is_torn);
        CHECK(r.state == sample.before_newest());
    }
}

TEST_CASE("a bad record with a good one behind it is lost, even when it looks cut off") {
    const Sample sample;
    for (std::size_t i = 1; i + 1 < sample.ends.size(); i++) {
        auto file = sample.file;
        std::fill(file.begin() + static_cast<std::ptrdiff_t>(sample.ends[i - 1]),
                  file.begin() + static_cast<std::ptrdiff_t>(sample.ends[i]), 0);
        const auto r = must_recover(file);
        CHECK(r.is_lost);
        CHECK_FALSE(r.is_torn);
        CHECK(r.state == sample.states[i - 1]);
        CHECK(r.what.find("follows") != std::string::npos);
    }
}

TEST_CASE("a gap in the counter and a record out of its order are lost") {
    for (const std::uint64_t counter : {22u, 20u, 19u}) {
        auto file = encode_store(sample_state());
        const auto record = encode_record(counter, sample_batches()[0]);
        file.insert(file.end(), record.begin(), record.end());
        file.resize(k_file_bytes);
        const auto r = must_recover(file);
        CHECK(r.is_lost);
        CHECK(r.state == sample_state());
    }
}

TEST_CASE("a record that is whole and does not fit its predecessor is lost, not applied") {
    auto file = encode_store(sample_state());
    StoreBatch batch;
    batch.append = {sample_entry(40)};
    const auto record = encode_record(21, batch);
    file.insert(file.end(), record.begin(), record.end());
    const auto r = must_recover(file);
    CHECK(r.is_lost);
    CHECK(r.state == sample_state());
}

TEST_CASE("a store of another version is refused, and not taken for a damaged one") {
    auto file = encode_store(sample_state());
    file[12] = '1';
    const auto r = recover_store(file);
    REQUIRE_FALSE(r.has_value());
    CHECK(r.error().code == FailureCode::refused);
    CHECK(r.error().context.find("libha store 1") != std::string::npos);
    CHECK(r.error().context.find("libha store 3") != std::string::npos);
}

TEST_CASE("what is no store, or has no whole first record, fails and says why") {
    for (const Bytes& file : {Bytes{}, Bytes(4096, 0), Bytes(4096, 'x')}) {
        const auto r = recover_store(file);
        REQUIRE_FALSE(r.has_value());
        CHECK(r.error().code == FailureCode::corrupt);
        CHECK(r.error().context.find("libha store 3") != std::string::npos);
    }
    const Sample sample;
    for (std::size_t n = k_store_title_bytes; n < sample.ends.front(); n += 8)
        CHECK_FALSE(recover_store(ByteView(sample.file).first(n)).has_value());
}
