// Fuzz: any bytes as a witness's record, a change of one, or a whole book. The first input byte
// chooses. What is read can be written and read again, and says the same.
#include "fuzz.hpp"
#include "wire/witness.hpp"
#include "wire/witness_book.hpp"
#include "wire_samples.hpp"

using namespace ha;
using namespace ha::wire;

namespace {

Bytes with_choice(std::uint8_t choice, const Bytes& bytes) {
    Bytes out{choice};
    out.insert(out.end(), bytes.begin(), bytes.end());
    return out;
}

}  // namespace

std::vector<std::vector<std::uint8_t>> ha::fuzz::seeds() {
    WitnessChange change{test::sample_record(), true};
    WitnessBook book;
    book.start = StartNumber{3};
    book.records["pair"] = test::sample_record();
    auto file = encode_book(book);
    const auto more = encode_book_record(book.counter + 1, {StartNumber{4}, {{"pair", change}}});
    file.insert(file.end(), more.begin(), more.end());
    return {with_choice(0, encode(test::sample_record())), with_choice(1, encode(change)),
            with_choice(2, file)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView in(data + 1, size - 1);
    if (data[0] % 3 == 0) {
        const auto record = decode_witness_record(in);
        if (!record) return 0;
        const auto again = decode_witness_record(encode(*record));
        HA_FUZZ_CHECK(again.has_value() && *again == *record);
    } else if (data[0] % 3 == 1) {
        const auto change = decode_witness_change(in);
        if (!change) return 0;
        const auto again = decode_witness_change(encode(*change));
        HA_FUZZ_CHECK(again.has_value() && *again == *change);
    } else {
        auto found = recover_book(in);
        if (!found) return 0;
        HA_FUZZ_CHECK(found->end <= in.size());
        HA_FUZZ_CHECK(!(found->is_torn && found->is_lost));
        auto written = found->book;
        const auto again = recover_book(encode_book(written));
        HA_FUZZ_CHECK(again.has_value() && again->book.records == found->book.records &&
                      again->book.start == found->book.start);
    }
    return 0;
}
