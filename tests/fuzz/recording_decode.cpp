// Fuzz: any bytes as a record of a recording: a start, an image or a step.
//
// Properties: what decodes is what encoding would have made; nothing is taken that is not there.
#include <algorithm>

#include "base/archive.hpp"
#include "engine/recording.hpp"
#include "fuzz.hpp"
#include "toy_crypto.hpp"

using namespace ha;

namespace {

engine::Start sample_start() {
    engine::Start start;
    start.self = NodeId{1};
    start.spec.name = "fuzz";
    start.spec.timing.heartbeat_interval = 100ms;
    start.spec.timing.heartbeat_timeout = 1s;
    start.spec.timing.lease = 1s;
    start.spec.timing.sever_bound = 5ms;
    start.spec.interconnects = {{InterconnectId{1}, "lan"}};
    for (std::uint16_t i = 1; i <= 2; i++) {
        model::NodeSpec node;
        node.id = NodeId{i};
        node.name = "n" + std::to_string(i);
        node.rank = i;
        node.addresses[InterconnectId{1}] = "10.0.0.1:1";
        start.spec.nodes.push_back(node);
    }
    start.store.store.bytes[0] = 1;
    start.store.start = StartNumber{1};
    start.held = {{GroupId{1}, Epoch{Incarnation{1}, Term{1}, NodeId{1}}}};
    start.keys = {{1, wire::Key{}}};
    start.key_in_use = 1;
    return start;
}

std::vector<engine::Input> sample_inputs() {
    lifecycle::OperationReport report{OperationId{3}, lifecycle::Outcome::failed,
                                      lifecycle::ResourceStatus::unknown, "it failed"};
    return {engine::Tick{},
            engine::DatagramReceived{InterconnectId{1}, Bytes(60, 0xa1)},
            engine::Persisted{PersistSeq{4}},
            engine::PersistFailed{PersistSeq{5}, "no space"},
            report,
            lifecycle::MonitorReport{MonitorId{1}, OperationId{1}, lifecycle::Verdict::bad, "x"},
            engine::Request{RequestId{1}, engine::SpecApply{sample_start().spec}},
            engine::Request{RequestId{2}, engine::GroupMove{GroupId{1}, NodeId{2}}},
            engine::Leave{"asked"}};
}

}  // namespace

std::vector<std::vector<std::uint8_t>> ha::fuzz::seeds() {
    std::vector<std::vector<std::uint8_t>> out;
    test::ToyCrypto toy;
    engine::RunRecorder recorder(toy);
    const auto start = sample_start();
    engine::Engine engine(Instant{1'000'000'000}, start, recorder.crypto());
    out.push_back(recorder.begin(Instant{1'000'000'000}, start));
    auto now = Instant{1'000'000'000};
    for (const auto& input : sample_inputs()) {
        now = now + 50ms;
        out.push_back(recorder.step(now, input, engine.step(now, input)));
    }
    out.push_back(recorder.image(engine));
    return out;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    static_cast<void>(engine::input_kind_of(bytes));
    static_cast<void>(engine::moment_of_step(bytes, Instant{1}));
    if (const auto begin = engine::decode_begin(bytes)) {
        Bytes again;
        Writer w(again);
        w.enumeration(engine::RecordKind::begin);
        archive::put(w, *begin);
        HA_FUZZ_CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
    }
    if (const auto image = engine::decode_image(bytes)) {
        test::ToyCrypto toy;
        const auto engine = engine::Engine::restore(image->engine, toy);
        if (engine) HA_FUZZ_CHECK((*engine)->image() == image->engine);
    }
    for (const std::uint64_t number : {1u, 64u})
        if (const auto step = engine::decode_step(bytes, Instant{1}, number))
            HA_FUZZ_CHECK(step->at >= Instant{1} && step->is_whole == (number == 64));
    return 0;
}
