// Fuzz: any bytes as what an etcd answers, as the HTTP it comes in, and as what lies in it. The
// first input byte chooses. What is read of the record can be written and read again, and says the
// same.
#include "fuzz.hpp"
#include "runtime/etcd_answer.hpp"
#include "runtime/http_reply.hpp"
#include "runtime/json_text.hpp"
#include "wire/witness_shared.hpp"
#include "wire_samples.hpp"

using namespace ha;

namespace {

Bytes with_choice(std::uint8_t choice, std::string_view text) {
    Bytes out{choice};
    out.insert(out.end(), text.begin(), text.end());
    return out;
}

std::string_view text_of(const Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

wire::SharedRecord sample_shared() {
    wire::SharedRecord shared;
    shared.record = test::sample_record();
    shared.record.kept.clear();
    shared.number_next = 9;
    shared.kept = {{3, LogIndex{}, Term{}, LogIndex{5}, Term{2}, 100},
                   {8, LogIndex{5}, Term{2}, LogIndex{7}, Term{3}, 20}};
    return shared;
}

template <class Value, class Decode>
void check_again(const Result<Value>& value, Decode decode) {
    if (!value) return;
    const auto again = decode(encode(*value));
    HA_FUZZ_CHECK(again.has_value() && *again == *value);
}

/// In two pieces and in one: the same.
void check_http(std::string_view text) {
    constexpr std::size_t k_body_max = 4096;
    runtime::HttpReply whole(k_body_max), halves(k_body_max);
    const auto middle = text.size() / 2;
    const bool is_good = whole.feed(text) && whole.feed_end();
    const bool is_good_too = halves.feed(text.substr(0, middle)) &&
                             halves.feed(text.substr(middle)) && halves.feed_end();
    HA_FUZZ_CHECK(is_good == whole.is_complete() || !whole.problem().empty());
    HA_FUZZ_CHECK(is_good == is_good_too);
    HA_FUZZ_CHECK(whole.body().size() <= k_body_max);
    if (is_good) HA_FUZZ_CHECK(whole.body() == halves.body() && whole.status() == halves.status());
}

}  // namespace

std::vector<std::vector<std::uint8_t>> ha::fuzz::seeds() {
    return {with_choice(0, R"({"header":{"cluster_id":"1","revision":"12"},"kvs":[{"key":"L3Av",)"
                           R"("mod_revision":"11","value":"AAE="},)"
                           R"({"key":"YQ==","mod_revision":"3"}],"count":"2"})"),
            with_choice(1, R"({"header":{"cluster_id":"1","revision":"12"},"succeeded":true,)"
                           R"("responses":[{}]})"),
            with_choice(2, R"({"header":{"revision":"12"},"token":"abc.def"})"),
            with_choice(3, R"({"error":"etcdserver: \u0061 b","code":3,"list":[1,null,-2.5e7]})"),
            with_choice(4, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n"
                           "\r\n"),
            with_choice(4, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                           "Connection: close\r\n\r\nab"),
            with_choice(5, text_of(wire::encode(sample_shared()))),
            with_choice(6, text_of(wire::encode(wire::SharedLeader{NodeId{1}, Term{3}, 5s, 7})))};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView in(data + 1, size - 1);
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    switch (data[0] % 7) {
        case 0:
            if (const auto range = runtime::decode_range(text))
                for (const auto& one : range->values)
                    HA_FUZZ_CHECK(*runtime::from_base64(runtime::to_base64(one.value)) ==
                                  one.value);
            break;
        case 1: static_cast<void>(runtime::decode_swap(text)); break;
        case 2: static_cast<void>(runtime::decode_login(text)); break;
        case 3:
            HA_FUZZ_CHECK(runtime::decode_refusal(text).size() <= 200);
            HA_FUZZ_CHECK(runtime::parse_json(runtime::to_json_text(text))->text == text);
            break;
        case 4: check_http(text); break;
        case 5:
            check_again(wire::decode_shared_record(in), wire::decode_shared_record);
            break;
        default: check_again(wire::decode_shared_leader(in), wire::decode_shared_leader); break;
    }
    return 0;
}
