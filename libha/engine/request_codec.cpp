// Encoding of requests, for the way from the node they are made at to the leader.
#include "base/limits.hpp"
#include "engine/input.hpp"
#include "model/codec.hpp"

namespace ha::engine {
namespace {

struct Encode {
    Writer& w;
    void operator()(const GroupStart& r) { w.id(r.group), w.id(r.node); }
    void operator()(const GroupStop& r) { w.id(r.group); }
    void operator()(const GroupMove& r) { w.id(r.group), w.id(r.node), w.boolean(r.is_banned); }
    void operator()(const GroupClear& r) { w.id(r.group), w.id(r.node); }
    void operator()(const ResourceRestart& r) { w.id(r.group), w.id(r.resource); }
    void operator()(const SetNodeMode& r) {
        w.id(r.node), w.enumeration(r.mode), w.text(r.reason);
    }
    void operator()(const MonitorPause& r) { w.id(r.monitor), w.boolean(r.paused); }
    void operator()(const SpecApply& r) { w.blob(model::encode(r.spec)); }
    void operator()(const ClusterInit&) {}
};

RequestBody decode_body(Reader& r, std::uint8_t kind) {
    switch (kind) {
        case 0: {
            const auto group = r.id<GroupId>();
            return GroupStart{group, r.id<NodeId>()};
        }
        case 1: return GroupStop{r.id<GroupId>()};
        case 2: {
            const auto group = r.id<GroupId>();
            const auto node = r.id<NodeId>();
            return GroupMove{group, node, r.boolean()};
        }
        case 3: {
            const auto group = r.id<GroupId>();
            return GroupClear{group, r.id<NodeId>()};
        }
        case 4: {
            const auto group = r.id<GroupId>();
            return ResourceRestart{group, r.id<ResourceId>()};
        }
        case 5: {
            const auto node = r.id<NodeId>();
            const auto mode = r.enumeration(model::NodeMode::isolated);
            return SetNodeMode{node, mode, r.text(k_limit_reason_bytes)};
        }
        case 6: {
            const auto monitor = r.id<MonitorId>();
            return MonitorPause{monitor, r.boolean()};
        }
        case 7: {
            auto spec = model::decode_spec(r.blob(k_limit_document_bytes));
            if (!spec) {
                r.fail();
                return ClusterInit{};
            }
            return SpecApply{std::move(*spec)};
        }
        case 8: return ClusterInit{};
        default: r.fail(); return ClusterInit{};
    }
}

}  // namespace

Bytes encode(const RequestBody& body) {
    Bytes out;
    Writer w(out);
    w.u8(static_cast<std::uint8_t>(body.index()));
    std::visit(Encode{w}, body);
    return out;
}

Result<RequestBody> decode_request(ByteView bytes) {
    Reader r(bytes);
    const auto kind = r.u8();
    auto body = decode_body(r, kind);
    if (!r.done())
        return failure(FailureCode::corrupt, "a forwarded request of kind " + std::to_string(kind) +
                                                 " does not decode");
    return body;
}

}  // namespace ha::engine
