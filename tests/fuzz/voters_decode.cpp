// Fuzz: any bytes as a list of voters. What decodes encodes to the same bytes again.
#include "fuzz.hpp"
#include "wire/log.hpp"
#include "wire_samples.hpp"

using namespace ha;

std::vector<std::vector<std::uint8_t>> ha::fuzz::seeds() {
    return {wire::encode_voters(test::sample_voters()), wire::encode_voters({})};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView in(data, size);
    std::vector<wire::Voter> voters;
    if (!wire::decode_voters(in, voters)) return 0;
    const auto again = wire::encode_voters(voters);
    HA_FUZZ_CHECK(std::equal(again.begin(), again.end(), in.begin(), in.end()));
    return 0;
}
