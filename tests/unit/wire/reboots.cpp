// The count of automatic reboots in the store: durable, whatever happens to the file.
#include <doctest/doctest.h>

#include "wire/store.hpp"
#include "wire_samples.hpp"

using namespace ha;
using namespace ha::wire;
using namespace ha::test;

namespace {

BootId boot(std::uint8_t n) { return sample_id<BootId>(n); }

StoreBatch counted(std::uint32_t count) {
    StoreBatch batch;
    batch.reboots = count;
    return batch;
}

/// A store with a count of 2, and the bytes of the record that makes it 3.
struct Counted {
    StoreState state = sample_state();
    Bytes file;
    Bytes record;
    Counted() {
        state.reboots = 2;
        file = encode_store(state);
        record = encode_record(state.counter + 1, counted(3));
    }
    std::uint32_t count_in(Bytes bytes) const {
        bytes.resize(bytes.size() + 4096, 0);  // preallocated
        const auto recovered = recover_store(bytes);
        REQUIRE(recovered.has_value());
        return recovered->state.reboots;
    }
};

}  // namespace

TEST_CASE("F24: the count of reboots is in the store whole or not at all, cut at any byte") {
    const Counted c;
    for (std::size_t n = 0; n <= c.record.size(); n++) {
        CAPTURE(n);
        auto bytes = c.file;
        bytes.insert(bytes.end(), c.record.begin(),
                     c.record.begin() + static_cast<std::ptrdiff_t>(n));
        // The last bytes of the record may be zeros of its padding.
        const auto count = c.count_in(bytes);
        CHECK((count == 2 || count == 3));
        if (n == 0) CHECK(count == 2);
        if (n == c.record.size()) CHECK(count == 3);
    }
}

TEST_CASE("F24: a torn count is the one before, with any sectors of it written or not") {
    Counted c;
    // Begin the record shortly before the edge of a sector, at each distance.
    for (std::size_t room = 8; room <= 128; room += 8) {
        CAPTURE(room);
        const auto wanted = 512 - room;
        StoreState state = c.state;
        state.entries.clear();
        state.snapshot.document.clear();
        const auto base = encode_store(state).size();
        const auto grow = (wanted + 4 * 512 - base % 512) % 512;
        state.snapshot.document.assign(grow, 0x11);
        while (encode_store(state).size() % 512 != wanted) {
            state.snapshot.document.push_back(0x11);
            REQUIRE(state.snapshot.document.size() < 4096);
        }
        const auto whole = encode_store(state);
        const auto record = encode_record(state.counter + 1, counted(3));
        for (const unsigned written : {0u, 1u, 2u, 3u}) {
            auto bytes = whole;
            for (std::size_t at = 0; at < record.size(); at++) {
                const auto sector = (whole.size() + at) / 512 - whole.size() / 512;
                const bool is_there = ((written >> std::min<std::size_t>(sector, 1)) & 1) != 0;
                bytes.push_back(is_there ? record[at] : 0);
            }
            const auto count = c.count_in(bytes);
            CHECK((count == 2 || count == 3));
            if (written == 3) CHECK(count == 3);
            if (written == 0) CHECK(count == 2);
        }
    }
}

TEST_CASE("S46: a count that was reset stays reset, and one that was raised stays raised") {
    auto state = sample_state();
    apply(state, counted(5));
    CHECK(state.reboots == 5);
    apply(state, StoreBatch{});
    CHECK(state.reboots == 5);
    apply(state, counted(0));
    CHECK(state.reboots == 0);
    CHECK(recover_store(encode_store(state))->state == state);
}

TEST_CASE("F24: who comes back from a reset under something that needs fencing counts it, once") {
    auto state = sample_state();
    bool was_reset = false;
    const auto begin = [&](std::uint8_t b) {
        const StartNumber next{state.start.value + 1};
        apply(state, begin_start(state, next, boot(b), was_reset));
        CHECK(state.start == next);
    };
    begin(1);
    CHECK_FALSE(was_reset);
    CHECK(state.reboots == 0);
    StoreBatch armed;
    armed.armed = boot(1);
    apply(state, armed);
    begin(1);  // the daemon was started anew: the machine was not reset
    CHECK_FALSE(was_reset);
    CHECK(state.armed == boot(1));
    begin(2);
    CHECK(was_reset);
    CHECK(state.reboots == 1);
    begin(2);
    CHECK_FALSE(was_reset);
    begin(3);  // a power cut of a machine that held nothing of the kind
    CHECK(state.reboots == 1);
}
