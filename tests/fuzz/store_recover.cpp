// Fuzz: any bytes as a store's file. The first input byte chooses whether the checksums are made
// good again first, so that damage reaches the content behind them.
//
// Properties: what comes back can be written and read again; only a store that says torn or lost
// has something other than zeros behind its end.
#include <algorithm>

#include "base/checksum.hpp"
#include "fuzz.hpp"
#include "wire/store.hpp"
#include "wire/store_format.hpp"
#include "wire_samples.hpp"

using namespace ha;
using namespace ha::wire;

namespace {

void put_u32(Bytes& file, std::size_t at, std::uint32_t v) {
    for (std::size_t i = 0; i < 4; i++) file[at + i] = static_cast<std::uint8_t>(v >> (8 * i));
}

/// Walks over what look like records and makes both checksums of each good.
void mend_checksums(Bytes& file) {
    std::size_t at = k_store_title_bytes;
    while (at + k_record_header_bytes <= file.size()) {
        Reader r(ByteView(file).subspan(at));
        r.u32();
        const auto size = record_bytes(r.u32());
        if (size > file.size() - at) return;
        const auto body = ByteView(file).subspan(at + k_record_header_bytes,
                                                 size - k_record_header_bytes);
        put_u32(file, at + 16, crc32c(body));
        put_u32(file, at + 20, crc32c(ByteView(file).subspan(at, 20)));
        at += size;
    }
}

}  // namespace

std::vector<std::vector<std::uint8_t>> ha::fuzz::seeds() {
    std::vector<std::vector<std::uint8_t>> out;
    for (const std::uint8_t mend : {0, 1}) {
        auto state = test::sample_state();
        Bytes file{mend};
        const auto first = encode_store(state);
        file.insert(file.end(), first.begin(), first.end());
        for (const auto& batch : test::sample_batches()) {
            const auto record = encode_record(++state.counter, batch);
            file.insert(file.end(), record.begin(), record.end());
        }
        out.push_back(file);
        file.resize(6144);
        out.push_back(file);
    }
    return out;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    Bytes file(data + 1, data + size);
    if (data[0] & 1) mend_checksums(file);
    const auto recovered = recover_store(file);
    if (!recovered) {
        HA_FUZZ_CHECK(!recovered.error().context.empty());
        return 0;
    }
    HA_FUZZ_CHECK(recovered->end <= file.size());
    HA_FUZZ_CHECK(!(recovered->is_torn && recovered->is_lost));
    const bool is_whole = !recovered->is_torn && !recovered->is_lost;
    HA_FUZZ_CHECK(is_whole == recovered->what.empty());
    const bool is_zero_behind =
        std::all_of(file.begin() + static_cast<std::ptrdiff_t>(recovered->end), file.end(),
                    [](std::uint8_t b) { return b == 0; });
    HA_FUZZ_CHECK(is_whole == is_zero_behind);
    const auto again = recover_store(encode_store(recovered->state));
    HA_FUZZ_CHECK(again.has_value() && again->state == recovered->state);
    return 0;
}
