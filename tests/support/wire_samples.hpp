// Samples of what travels and what is stored: one of each kind, with every field set.
#pragma once

#include <numeric>
#include <vector>

#include "wire/messages.hpp"
#include "wire/store.hpp"

namespace ha::test {

template <class Id>
Id sample_id(std::uint8_t first) {
    Id id;
    std::iota(id.bytes.begin(), id.bytes.end(), first);
    return id;
}

inline std::vector<wire::Voter> sample_voters() {
    return {{NodeId{1}, sample_id<StoreId>(1)},
            {NodeId{2}, sample_id<StoreId>(40)},
            {NodeId{7}, sample_id<StoreId>(80)}};
}

inline wire::LogEntry sample_entry(std::uint64_t index, std::uint64_t term = 3) {
    return {LogIndex{index}, Term{term}, wire::EntryKind::commands, Bytes{1, 2, 3}};
}

inline wire::Snapshot sample_snapshot(std::uint64_t index = 9) {
    return {LogIndex{index}, Term{2}, sample_voters(), Bytes{9, 8, 7, 6}, LogIndex{index / 2}};
}

inline wire::Heartbeat sample_heartbeat() {
    wire::Heartbeat h;
    h.seq = HeartbeatSeq{77};
    h.version_min = 1;
    h.version_max = 2;
    h.cluster = sample_id<ClusterId>(3);
    h.boot = sample_id<BootId>(5);
    h.store = sample_id<StoreId>(7);
    h.store_counter = 1234;
    h.store_lost = true;
    h.spec_digest = 0x1122334455667788;
    h.term = Term{4};
    h.leader = NodeId{2};
    h.committed = LogIndex{10};
    h.applied = LogIndex{9};
    h.last = LogIndex{12};
    h.voters_index = LogIndex{8};
    h.wants_lease = true;
    h.leaving = true;
    h.engine_age = 5ms;
    h.write_time = 3ms;
    h.fence_time = 1200ms;
    h.hears = {NodeId{1}, NodeId{300}};
    h.blocks = {{NodeId{3}, LogIndex{11}, Term{4}, 700ms}, {NodeId{4}, LogIndex{2}, Term{}, 0ms}};
    h.leases_over = {{NodeId{3}, LogIndex{11}}};
    h.status_version = 6;
    h.digest_index = LogIndex{64};
    h.state_digest = 99;
    h.view_marks = {{1, Term{3}, 0, NodeId{2}, LogIndex{7}, ViewMarkId{11}},
                    {2, Term{4}, 1, NodeId{1}, LogIndex{9}, ViewMarkId{12}, true}};
    h.reply = wire::HeartbeatReply{HeartbeatSeq{76}, 900ms, LogIndex{3}, 1233, 5};
    return h;
}

inline std::vector<wire::SealedPart> sample_parts() {
    return {{LogIndex{}, Term{}, LogIndex{9}, Term{2}, Bytes{1, 2, 3}},
            {LogIndex{9}, Term{2}, LogIndex{12}, Term{4}, Bytes{4, 5}}};
}

inline wire::WitnessRecord sample_record() {
    wire::WitnessRecord r;
    r.cluster = sample_id<ClusterId>(3);
    r.store = sample_id<StoreId>(7);
    r.counter = 12;
    r.term = Term{5};
    r.voted_for = NodeId{2};
    r.last = LogIndex{12};
    r.last_term = Term{4};
    r.voters_index = LogIndex{8};
    r.lease_longest = 700ms;
    r.blocks = {{NodeId{1}, LogIndex{7}}, {NodeId{2}, LogIndex{11}}};
    r.kept = sample_parts();
    return r;
}

/// One of each kind, in the order of the kinds.
inline std::vector<wire::Message> sample_messages() {
    using namespace wire;
    const auto store = sample_id<StoreId>(7);
    return {
        sample_heartbeat(),
        HeartbeatReply{HeartbeatSeq{77}, 700ms, LogIndex{3}, 55, 6},
        VoteRequest{true, true, Term{5}, LogIndex{12}, Term{4}, store},
        VoteReply{true, true, Term{5}, store},
        AppendRequest{Term{5}, LogIndex{9}, Term{2}, LogIndex{9},
                      {sample_entry(10),
                       {LogIndex{11}, Term{3}, EntryKind::voters, encode_voters(sample_voters())},
                       {LogIndex{12}, Term{3}, EntryKind::noop, {}}}},
        AppendReply{Term{5}, true, LogIndex{12}, store},
        SnapshotRequest{Term{5}, sample_id<ClusterId>(3), sample_snapshot()},
        SnapshotReply{Term{5}, LogIndex{9}, store},
        TimeoutNow{Term{5}},
        Founding{sample_id<ClusterId>(3), sample_snapshot(1)},
        DownNotice{{{GroupId{1}, Incarnation{2}}, {GroupId{3}, Incarnation{4}}}},
        Report{Bytes{1, 2, 3, 4}},
        StatusReport{6, Bytes{5, 6}, "1.2.3"},
        ForwardedRequest{RequestId{8}, Bytes{7}},
        RequestAnswer{RequestId{8}, true, FailureCode::limit, "moved \"db\" to web2"},
        DocumentRequest{LogIndex{12}},
        DocumentReply{LogIndex{13}, Term{4}, Bytes{3, 1, 4}},
        WitnessAsk{HeartbeatSeq{77}, sample_id<ClusterId>(3), true, 700ms, LogIndex{9},
                   LogIndex{8}, true, Term{5}, 500ms},
        WitnessState{HeartbeatSeq{77}, sample_id<ClusterId>(3), store, 12, true, true, true,
                     Term{5}, LogIndex{12}, Term{4}, LogIndex{11}, Term{3}, 7, 4000, 700ms,
                     LogIndex{9}, {{NodeId{2}, LogIndex{11}, 300ms}}},
        WitnessAppend{sample_id<ClusterId>(3), Term{5}, LogIndex{12}, Term{4}, LogIndex{8},
                      {{NodeId{2}, LogIndex{11}}}, sample_parts()},
        WitnessRenew{sample_id<ClusterId>(3), Term{5}, store, sample_id<StoreId>(90)},
        WitnessFetch{},
        WitnessKept{sample_parts()},
    };
}

inline wire::StoreState sample_state() {
    wire::StoreState s;
    s.store = sample_id<StoreId>(7);
    s.start = StartNumber{4};
    s.cluster = sample_id<ClusterId>(3);
    s.term = Term{4};
    s.voted_for = NodeId{2};
    s.snapshot = sample_snapshot(9);
    s.entries = {sample_entry(10), sample_entry(11)};
    s.released = {{GroupId{1}, Incarnation{2}}};
    s.forked = {{GroupId{1}, {Incarnation{3}, Term{2}, NodeId{2}}, true},
                {GroupId{4}, {Incarnation{1}, Term{1}, NodeId{1}}, false}};
    s.shot = {NodeId{2}, StartNumber{6}, 3};
    s.counter = 20;
    return s;
}

/// Batches that can follow `sample_state()` in this order.
inline std::vector<wire::StoreBatch> sample_batches() {
    std::vector<wire::StoreBatch> out(5);
    out[0].ballot = wire::StoreBatch::Ballot{Term{5}, NodeId{1}};
    out[1].append = {sample_entry(12, 5), sample_entry(13, 5)};
    out[1].append[0].payload.assign(900, 0);  // zeros must not look like what was never written
    out[2].released_add = {{GroupId{2}, Incarnation{9}}};
    out[2].append = {sample_entry(13, 6)};
    out[3].snapshot = sample_snapshot(12);
    out[3].snapshot->term = Term{5};
    out[3].released_remove = {{GroupId{1}, Incarnation{2}}};
    out[3].forked = {{GroupId{4}, {Incarnation{1}, Term{1}, NodeId{1}}, false}};
    out[3].shot = wire::Shot{NodeId{1}, StartNumber{2}, 1};
    out[4].start = StartNumber{5};
    out[4].shot = wire::Shot{};
    out[4].append = {sample_entry(14, 6)};
    out[4].append[0].payload.assign(1500, 0x11);
    return out;
}

}  // namespace ha::test
