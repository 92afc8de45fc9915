// Codecs of the log's values: voters.
#include "wire/log.hpp"

#include <doctest/doctest.h>

#include "base/limits.hpp"
#include "wire_samples.hpp"

using namespace ha;
using namespace ha::wire;

TEST_CASE("a list of voters comes out as it went in, the empty one too") {
    for (const auto& voters : {test::sample_voters(), std::vector<Voter>{}}) {
        std::vector<Voter> out{{NodeId{9}, {}}};
        REQUIRE(decode_voters(encode_voters(voters), out));
        CHECK(out == voters);
    }
}

TEST_CASE("a damaged list of voters is refused, and the output is not touched") {
    const auto bytes = encode_voters(test::sample_voters());
    const std::vector<Voter> before{{NodeId{9}, {}}};
    auto out = before;
    for (std::size_t n = 0; n < bytes.size(); n++)
        CHECK_FALSE(decode_voters(ByteView(bytes).first(n), out));
    auto longer = bytes;
    longer.push_back(0);
    CHECK_FALSE(decode_voters(longer, out));
    CHECK(out == before);
}

TEST_CASE("the same node twice, node 0, and more voters than allowed are refused") {
    std::vector<Voter> out;
    const auto store = test::sample_id<StoreId>(1);
    CHECK_FALSE(decode_voters(encode_voters({{NodeId{1}, store}, {NodeId{1}, {}}}), out));
    CHECK_FALSE(decode_voters(encode_voters({{NodeId{}, store}}), out));
    std::vector<Voter> many;
    for (std::uint16_t i = 1; i <= k_limit_voters; i++) many.push_back({NodeId{i}, store});
    auto bytes = encode_voters(many);
    CHECK(decode_voters(bytes, out));
    bytes[0]++;
    Writer w(bytes);
    encode(w, Voter{NodeId{99}, store});
    CHECK_FALSE(decode_voters(bytes, out));
}
