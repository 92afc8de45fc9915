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
    void operator()(const GroupMove& r) {
        w.id(r.group), w.id(r.node), w.duration(r.deadline), w.boolean(r.is_banned);
    }
    void operator()(const GroupClear& r) { w.id(r.group), w.id(r.node); }
    void operator()(const ResourceRestart& r) { w.id(r.group), w.id(r.resource); }
    void operator()(const SetNodeMode& r) {
        w.id(r.node), w.enumeration(r.mode), w.text(r.reason);
    }
    void operator()(const MonitorPause& r) {
        w.id(r.monitor), w.boolean(r.paused), w.duration(r.left);
    }
    void operator()(const SpecApply& r) {
        w.blob(model::encode(r.spec)), w.duration(r.confirm_within), w.boolean(r.may_stop_groups);
    }
    void operator()(const ClusterInit&) {}
    void operator()(const GroupFailover& r) { w.id(r.group), w.id(r.node); }
    void operator()(const GroupFreeze& r) { w.id(r.group), w.boolean(r.on); }
    void operator()(const ResourceWish& r) {
        w.id(r.group), w.id(r.resource), w.boolean(r.is_stopped);
    }
    void operator()(const MonitorInject& r) {
        w.id(r.monitor), w.boolean(r.on), w.duration(r.left);
    }
    void operator()(const TimeoutRatio& r) { w.u32(r.ratio), w.duration(r.left); }
    void operator()(const RebootsReset& r) { w.id(r.node); }
    void operator()(const GoAlone& r) { w.id(r.without); }
    void operator()(const RecoverAlone& r) {
        w.u32(static_cast<std::uint32_t>(r.off.size()));
        for (auto node : r.off) w.id(node);
    }
    void operator()(const NodeFence& r) { w.id(r.node); }
    void operator()(const NodeConfirmOff& r) { w.id(r.node), w.id(r.start); }
    void operator()(const RenewWitness&) {}
    void operator()(const model::WriteSection& r) { w.blob(model::encode({model::Command(r)})); }
    void operator()(const model::EraseSection& r) { w.blob(model::encode({model::Command(r)})); }
    void operator()(const SpecConfirm&) {}
    void operator()(const SpecRevert&) {}
    void operator()(const ServiceOrder& r) {
        w.id(r.node), w.enumeration(r.order), w.id(r.asked_at), w.boolean(r.may_lose_quorum);
        w.text(r.reason);
    }
    void operator()(const ClusterSuspend& r) { w.boolean(r.on); }
};

/// Of a checkpoint: as the command that it becomes.
template <class C>
RequestBody decode_command(Reader& r) {
    const auto commands = model::decode_commands(r.blob(k_limit_document_bytes));
    if (commands && commands->size() == 1)
        if (const auto* command = std::get_if<C>(&commands->front())) return *command;
    r.fail();
    return ClusterInit{};
}

RequestBody decode_order(Reader& r) {
    ServiceOrder out;
    out.node = r.id<NodeId>();
    out.order = r.enumeration(model::NodeOrder::poweroff);
    out.asked_at = r.id<NodeId>();
    out.may_lose_quorum = r.boolean();
    out.reason = r.text(k_limit_reason_bytes);
    return out;
}

RequestBody decode_operation(Reader& r, std::uint8_t kind) {
    switch (kind) {
        case 9: {
            const auto group = r.id<GroupId>();
            return GroupFailover{group, r.id<NodeId>()};
        }
        case 10: {
            const auto group = r.id<GroupId>();
            return GroupFreeze{group, r.boolean()};
        }
        case 11: {
            const auto group = r.id<GroupId>();
            const auto resource = r.id<ResourceId>();
            return ResourceWish{group, resource, r.boolean()};
        }
        case 12: {
            const auto monitor = r.id<MonitorId>();
            const auto on = r.boolean();
            return MonitorInject{monitor, on, r.span()};
        }
        case 13: {
            const auto ratio = r.u32();
            return TimeoutRatio{ratio, r.span()};
        }
        case 14: return RebootsReset{r.id<NodeId>()};
        case 15: return NodeFence{r.id<NodeId>()};
        case 16: {
            const auto node = r.id<NodeId>();
            return NodeConfirmOff{node, r.id<StartNumber>()};
        }
        case 17: return GoAlone{r.id<NodeId>()};
        case 18: {
            RecoverAlone body;
            const auto count = r.count(sizeof(NodeId::rep));
            if (count > k_limit_nodes) r.fail();
            for (std::size_t i = 0; i < count && !r.failed(); i++)
                body.off.push_back(r.id<NodeId>());
            return body;
        }
        case 19: return RenewWitness{};
        case 20: return decode_command<model::WriteSection>(r);
        case 21: return decode_command<model::EraseSection>(r);
        case 22: return SpecConfirm{};
        case 23: return SpecRevert{};
        case 24: return decode_order(r);
        case 25: return ClusterSuspend{r.boolean()};
        default: r.fail(); return ClusterInit{};
    }
}

RequestBody decode_apply(Reader& r) {
    auto spec = model::decode_spec(r.blob(k_limit_document_bytes));
    const auto confirm_within = r.duration();
    const auto may_stop_groups = r.boolean();
    if (!spec || confirm_within < Duration::zero()) {
        r.fail();
        return ClusterInit{};
    }
    return SpecApply{std::move(*spec), confirm_within, may_stop_groups};
}

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
            const auto deadline = r.span();
            return GroupMove{group, node, deadline, r.boolean()};
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
            const auto paused = r.boolean();
            return MonitorPause{monitor, paused, r.span()};
        }
        case 7: return decode_apply(r);
        case 8: return ClusterInit{};
        default: return decode_operation(r, kind);
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
