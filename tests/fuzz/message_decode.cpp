// Fuzz: any bytes as a message. What decodes encodes to the same bytes again.
#include "fuzz.hpp"
#include "wire/messages.hpp"
#include "wire_samples.hpp"

using namespace ha;

std::vector<std::vector<std::uint8_t>> ha::fuzz::seeds() {
    std::vector<std::vector<std::uint8_t>> out;
    for (const auto& m : test::sample_messages())
        for (const auto version : {k_version_oldest, k_version_newest})
            out.push_back(wire::encode(m, version));
    return out;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView in(data, size);
    const auto message = wire::decode(in);
    if (message) {
        const bool has_form = (in[0] & wire::k_form_mark) != 0;
        const auto again = wire::encode(*message, has_form ? k_version_newest : k_version_oldest);
        HA_FUZZ_CHECK(std::equal(again.begin(), again.end(), in.begin(), in.end()));
    } else {
        HA_FUZZ_CHECK(!message.error().context.empty());
    }
    return 0;
}
