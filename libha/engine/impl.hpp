// The engine's parts in one place. Each .cpp of this folder holds one subject of it; engine.cpp
// holds the corridor that calls them in order.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/reflect.hpp"
#include "consensus/raft.hpp"
#include "detect/detector.hpp"
#include "detect/quality.hpp"
#include "engine/alone.hpp"
#include "engine/engine.hpp"
#include "engine/journal.hpp"
#include "engine/peer.hpp"
#include "engine/pending.hpp"
#include "engine/times.hpp"
#include "engine/witness.hpp"
#include "engine/translate.hpp"
#include "engine/write_times.hpp"
#include "lifecycle/fencing.hpp"
#include "lifecycle/service.hpp"
#include "membership/alone.hpp"
#include "membership/lease.hpp"
#include "membership/view.hpp"
#include "model/apply.hpp"
#include "model/codec.hpp"
#include "placement/plan.hpp"
#include "wire/channel.hpp"

namespace ha::engine {

struct Engine::Impl {
    Impl(Instant now, Start start, wire::Crypto& crypto);

    // engine.cpp: the corridor
    Actions step(Instant now, const Input& input);
    void begin_step(Instant now);
    void corridor();
    Instant next_deadline() const;
    Instant leave_step_deadline() const;
    Instant listening_deadline() const;
    void tell(EventKind kind, std::string object = {},
              std::vector<std::pair<std::string, std::string>> parameters = {});
    std::string node_object(NodeId node) const;
    std::string group_object(GroupId group) const;

    // paths.cpp
    void choose_paths();
    void consider_paths();

    // heartbeat.cpp: heartbeats, their answers, contact
    void configure_peers();
    void on_datagram(const DatagramReceived& input);
    void on_delivery(const wire::Delivery& delivery);
    template <class T>
    void on_consensus(NodeId from, const Peer& peer, const T& message);
    void on_heartbeat(const wire::Delivery& from, const wire::Heartbeat& heartbeat);
    void answer(const wire::Delivery& from, const wire::Heartbeat& heartbeat, bool is_newest);
    bool follow_beat();
    void on_heartbeat_reply(const wire::Delivery& from, const wire::HeartbeatReply& reply);
    std::string interconnect_name(InterconnectId id) const;
    void tell_suspected(NodeId node, std::string silence_ms);
    void judge_contact();
    /// Its machine lives, as it told lately, and its engine stands still (safety.md F18).
    bool is_stalled(NodeId node) const;
    void judge_quality(NodeId node, Peer& peer, InterconnectId interconnect);
    bool may_beat_out_of_turn();
    void send_heartbeat_if_due();
    wire::Heartbeat make_heartbeat();
    void remember_counter(Peer& peer, NodeId node, const wire::Heartbeat& heartbeat);
    void send(NodeId to, const wire::Message& message);
    bool is_of_this_cluster(NodeId node) const;

    // lease.cpp: answers to others, our own lease, the leader's notes
    LogIndex taken_from(NodeId node) const;
    std::map<NodeId, LogIndex> leases_to_end() const;
    Duration lease_answer(NodeId node, const wire::Heartbeat& heartbeat, LogIndex& blocked) const;
    std::vector<wire::LeaseBlock> make_blocks() const;
    const std::vector<NodeId>& voter_nodes() const;   ///< in order; ours only if our store may vote
    bool is_voter() const;
    bool is_voter_store(NodeId node, StoreId store) const;
    Instant lease_end() const;
    Instant heir_deadline() const;
    void check_own_lease();
    Term term_at(LogIndex index) const;
    void rescan_log();                         ///< what uncommitted entries take, from whom
    void note_leases_over();

    // alone.cpp: one of two nodes (safety.md F7)
    NodeId partner() const;                    ///< the other one; none: the policy is another
    NodeId other_of_two() const;               ///< of a cluster of two, whatever its policy
    bool is_view_of_two() const;
    bool is_view_of_self() const;
    bool is_joining(NodeId node) const;
    bool is_answered_by(NodeId node) const;
    bool may_vote_without_a_gap(NodeId learner) const;
    bool is_partner_without_vote() const;
    bool may_hold_on() const;
    void extend_right_to_run();
    membership::AloneFacts alone_facts() const;
    bool has_evidence() const;
    void note_partner();
    Instant question_due() const;
    void ask_tie_breaker();
    void on_tie_breaker(const TieBreakerAnswered& answer);
    void consider_alone();
    void act_on_partition();
    void go_alone(const std::string& reason, Evidence evidence);
    bool request_alone(const PendingRequest& request);
    std::string refusal_of_alone(NodeId without) const;
    Instant alone_deadline() const;
    std::string alone_waits_for() const;

    // recover.cpp: the loss of the majority for good (safety.md D4)
    bool request_recovery(const PendingRequest& request);
    std::string refusal_of_recovery(const model::ClusterState& state,
                                    const std::vector<NodeId>& off) const;
    std::string refusal_of_heard(const model::ClusterSpec& spec,
                                 const std::vector<NodeId>& off) const;
    void recover(model::ClusterState& state, const std::vector<NodeId>& off);
    void let_go_of_own(model::ClusterState& state, std::vector<model::Command>& commands);
    bool is_recovery_waited_for() const;
    void settle_recovery();
    void fail_recovery(const std::string& reason);
    void expire_recovery();
    bool is_recovery_to_compact() const;
    void duty_fork_risk(model::ClusterState& speculative, std::vector<model::Command>& out);

    // shooting.cpp: which of two shoots, and when (safety.md F22)
    bool is_tied_by_fencing() const;
    ShotOrder order_of_shots() const;
    void begin_silence();
    Duration fence_delay() const;
    Instant turn_to_shoot() const;
    Instant shot_due() const;
    void note_shot(const wire::Shot& shot);
    bool is_shot_durable() const;
    bool may_hit(NodeId node) const;
    bool is_shot_in_registry() const;
    void consider_shot();
    void forget_shot_in_registry();
    std::optional<lifecycle::FenceTask> own_shot() const;
    bool take_own_verdict(const model::Command& command);
    model::NodeRecord newest_record(NodeId node) const;
    void tell_evidence(model::ClusterState& speculative, Evidence evidence,
                       const std::string& reason, std::vector<model::Command>& out);
    bool request_confirm(const PendingRequest& request);
    std::string shot_waits_for() const;

    // fork.cpp: histories that meet
    void rescan_marks();
    LogIndex with_whole_views(LogIndex committed) const;
    void tell_history(wire::Heartbeat& heartbeat) const;
    bool is_document_ahead_of_heartbeat(const Peer& peer) const;
    void judge_history(NodeId node, const wire::Heartbeat& heartbeat);
    void on_fork(NodeId node, const wire::Heartbeat& heartbeat);
    void tell_fork(NodeId node, const wire::Heartbeat& heartbeat, const char* kept);
    void give_up_history(NodeId to, const wire::Heartbeat& heartbeat);
    void forget_words_of_history();
    void take_history_back(NodeId node, const wire::Heartbeat& heartbeat);
    void tell_forks();

    // registry.cpp: consensus, durability, applying
    void drain_consensus();
    PersistSeq persist(wire::StoreBatch batch);
    void on_persisted(const Persisted& input);
    void on_persist_failed(const PersistFailed& input);
    void release_held_messages();
    void apply_entry(const wire::LogEntry& entry);
    void restore(const wire::Snapshot& snapshot);
    void on_applied();
    void compact_if_long();

    // document.cpp: the leader's document for a state that cannot be right
    bool wants_document() const { return is_apply_stopped || is_state_diverged; }
    void judge_digest(NodeId from, const wire::Heartbeat& heartbeat);
    void ask_for_document();
    void on_document_request(NodeId from, const wire::DocumentRequest& request);
    void on_document(NodeId from, const wire::DocumentReply& reply);
    void take_document();

    // founding.cpp
    void found_if_all_are_here();
    void found(std::vector<wire::Voter> voters);
    void on_founding(NodeId from, const wire::Founding& founding);
    void adopt_document(const ClusterId& cluster, const wire::Snapshot& snapshot);
    void send_founding();

    // leader.cpp: what the leader proposes
    void lead();
    std::vector<model::Command> duties(model::ClusterState& speculative);
    void try_command(model::ClusterState& speculative, std::vector<model::Command>& out,
                     model::Command command);
    void duty_nodes(model::ClusterState& speculative, std::vector<model::Command>& out);
    void duty_binding(model::ClusterState& speculative, std::vector<model::Command>& out);
    void duty_lost_groups(model::ClusterState& speculative, std::vector<model::Command>& out);
    void duty_reports(model::ClusterState& speculative, std::vector<model::Command>& out);
    void duty_requests(model::ClusterState& speculative, std::vector<model::Command>& out);
    bool maintain_voters();

    // reconfigure.cpp
    void duty_change(model::ClusterState& speculative, std::vector<model::Command>& out);
    std::string duty_trial(model::ClusterState& speculative, std::vector<model::Command>& out);
    std::string duty_pending(model::ClusterState& speculative, std::vector<model::Command>& out);
    Duration trial_left_at(Instant at) const;
    void tell_stuck(const std::string& reason);

    // leader.cpp: the rest
    void hand_over_if_unfit();
    // standing.cpp: who is placed well to lead, and which voters are lost for long
    void hand_over_if_misplaced();
    std::optional<wire::Voter> find_ready_learner() const;
    void note_silent_voters();
    Duration voter_patience() const;
    bool is_lost_voter(NodeId node) const;
    Instant standing_deadline() const;
    void tell_blocked(const model::ClusterState& speculative, const placement::View& view);
    placement::View placement_view() const;
    std::vector<placement::Online> online_groups() const;
    bool is_order_waited_for() const;
    bool is_startup_wait_over() const;
    void note_all_there();
    bool is_silent_for_all(NodeId node) const;
    model::ClusterState speculative_state() const;

    // requests.cpp
    void on_request(NodeId origin, RequestId id, const RequestBody& body);
    void on_request_answer(const wire::RequestAnswer& answer);
    void forward_requests();
    void expire_requests();
    void answer(const PendingRequest& request, Result<std::string> result);
    void settle_requests(LogIndex index, Term term);
    void forget_requests_of(NodeId origin);
    bool answer_again(NodeId origin, RequestId id);
    void begin_restart(const PendingRequest& request);
    NodeId executor_of(const RequestBody& body) const;
    StartNumber start_of(NodeId origin) const;
    bool request_done_locally(const PendingRequest& request);
    bool bind_to_activation(RequestBody& body) const;

    // witness.cpp
    bool has_witness() const;
    bool is_witness_voter() const;
    bool is_witness_wanted() const;
    bool is_witness_trusted() const;
    bool is_witness_answering() const;
    NodeSet voters_near() const;
    bool do_nodes_suffice(const std::vector<wire::Voter>& voters) const;
    Instant witness_pressing_at() const;
    Instant witness_deadline() const;
    void judge_witness();
    void ask_witness_if_due();
    Duration witness_hold() const;
    void on_witness(const wire::Delivery& delivery);
    void on_witness_state(const wire::WitnessState& state);
    void count_witness(const wire::WitnessState& state);
    std::string witness_problem() const;
    void tell_witness_problem();
    bool maintain_witness();
    Result<std::string> ask_witness_renewal();
    void renew_witness();
    std::vector<wire::WitnessBlock> witness_blocks(LogIndex last) const;
    void complete(wire::WitnessAppend& append);
    void keep_at_witness();
    void advance_witness();

    // witness_kept.cpp
    void on_witness_kept(const wire::WitnessKept& kept);
    void seal_part(wire::SealedPart& part, ByteView plain);
    bool open_part(const wire::SealedPart& part, Bytes& plain);
    const wire::Key* find_key(std::uint32_t id) const;
    std::optional<wire::SealedPart> entries_part(LogIndex after, Term after_term, LogIndex last);
    std::vector<wire::SealedPart> parts_to_keep(LogIndex last);

    // service.cpp: the service wing
    void run_service();
    lifecycle::Permission permission() const;
    void drain_service();
    void send_releases();
    void forget_released();
    bool is_noted(GroupId group, Incarnation released) const;
    bool is_admitted() const;
    bool is_caught_up() const;
    bool wants_lease() const;
    void refresh_status();
    void publish_status();

    // countdown.cpp
    Instant countdown_deadline() const;
    bool duty_time(model::ClusterState& speculative, std::vector<model::Command>& out);
    void note_time(const std::vector<model::Command>& proposed);
    void duty_trials(model::ClusterState& speculative, std::vector<model::Command>& out);
    bool is_online_at(GroupId group, const model::GroupRecord& record) const;

    // final_action.cpp
    void on_final_action(model::FinalAction action, const std::string& reason,
                         bool is_for_safety = false);
    void begin_final_action();
    bool is_at_reboot_limit() const;
    void suppress_reboot(model::FinalAction action, const std::string& reason,
                         const std::string& why);
    void forget_reboots_when_well();
    void reset_for_safety(const std::string& reason);
    void reset_reboots();
    Instant reboot_deadline() const;
    void note_armed(const std::vector<lifecycle::Held>& held);
    void ask_to_be_isolated();

    // fencing.cpp
    void run_fencing();
    std::vector<lifecycle::FenceTask> fence_tasks() const;
    bool is_back(NodeId node) const;
    void duty_fencing(model::ClusterState& speculative, std::vector<model::Command>& out);
    void end_shots_of_lost(model::ClusterState& speculative, std::vector<model::Command>& out);
    bool is_fencer_lost(NodeId fencer) const;
    std::vector<NodeId> fencers_for(NodeId node) const;
    Instant fencing_deadline() const;
    Duration silence_everywhere(NodeId node) const;
    Result<Translation> translate_request(const model::ClusterState& state,
                                          const RequestBody& body) const;
    Result<Translation> translate_fence(const model::ClusterState& state,
                                        const NodeFence& request) const;
    Result<Translation> translate_confirm(const model::ClusterState& state,
                                          const NodeConfirmOff& request) const;

    // watchdog.cpp: what its watchdog promises of a lost node (safety.md F21)
    Duration watchdog_promise() const;
    bool is_promise_due() const;
    void promise_reset();
    Instant promise_deadline() const;
    void duty_resets(model::ClusterState& speculative, std::vector<model::Command>& out);
    Instant resets_deadline() const;

    // journal_notes.cpp
    JournalEvidence evidence_about(NodeId node) const;
    void journal_proposed(LogIndex index, const std::vector<model::Command>& commands);
    void journal_batch(const wire::LogEntry& entry, const std::vector<model::Command>& commands);
    void journal_applied(const wire::LogEntry& entry, const model::Command& command);

    // news.cpp
    bool is_settled() const;
    bool is_news(const wire::Delivery& delivery);
    bool is_news(NodeId from, const Peer& peer, const wire::HeartbeatReply& reply) const;
    bool may_rest() const;

    // version.cpp
    std::string flaw_of(const wire::Heartbeat& heartbeat);
    std::vector<NodeId> lacking_version(std::uint32_t version) const;
    void tell_version(EngineStatus& out) const;
    void duty_version(model::ClusterState& speculative, std::vector<model::Command>& out);

    // election.cpp
    Duration write_time() const;
    Duration vote_time() const;
    void space_candidates();

    // order.cpp
    std::string refusal_of_order(const model::ClusterState& state, const RequestBody& body) const;
    void take_order();
    bool is_to_stay_last();

    // leave.cpp
    void on_leave(const Leave& input);
    void advance_leave();

    model::Timing timing() const { return model::timing_of(registry); }
    EngineStatus status(Instant now) const;
    WitnessStatus witness_status(Instant now) const;

    /// For recordings (base/archive.hpp): every field below, in their order.
    auto members() {
        return reflect::fields(self, reflect::skip_reference(crypto), boot, file_spec,
                               file_spec_digest, is_store_replaced, is_store_lost, is_store_failed,
                               random, keys, key_in_use, now, started, promised_deadline,
                               reflect::skip(actions), channels, detector, peers, hearing, contact,
                               were_all_there, one_sided, raft, store, cluster_durable,
                               persist_asked, persists, write_times, is_slow_store_told,
                               counter_durable, consensus_durable, founding_sent_at, held_messages,
                               witness, is_witness_renewal_asked, lease, granter, ledger,
                               taken_uncommitted, is_tail_unreadable, notes, own_notes,
                               heartbeat_seq, heartbeat_sent, heartbeat_due, beats_full_at,
                               is_heartbeat_urgent, is_reading, has_news, rounds, beat_along,
                               was_lease_held, is_heir, lease_inherited, runs_until, has_lost_right,
                               is_partition_told, question_number, alone,
                               reflect::skip(newest_records), recovery, view_marks,
                               forked,
                               forks_pending, forks_due, known_leader, refusals, refusals_due,
                               was_quorate, registry, applied, applied_told, applied_term,
                               digest_index, digest, diverged_told, is_divergence_told,
                               compact_after, is_apply_stopped, is_state_diverged, document_due,
                               document, is_duty_due, is_view_waited_for, planned_from,
                               duty_due, reports, requests,
                               answers_kept, blocked_told, voters_silent_since, misplaced_since,
                               hand_over_rest, change_stuck, reached_by, is_on_former_paths,
                               paths_due, held_groups, service, own_releases, reports_due,
                               is_settle_asked, status_version, status_sent, final_action,
                               well_since, may_reboot, log_entries_max, version_max,
                               software, version_needed, is_to_isolate, isolate_due,
                               counted_since, counted_term, fencing, heard_anywhere, fencing_failed,
                               fencers_lost, watchdog, promise_told, leases_ended, journal,
                               is_leaving, order, others_gone_at,
                               is_stop_asked, is_notice_sent, is_gone, leave_deadline,
                               give_up_deadline, notice_due, notice_deadline);
    }

    // --- identity ---
    NodeId self;
    wire::Crypto& crypto;
    BootId boot;
    model::ClusterSpec file_spec;      ///< of our configuration file, until there is a document
    std::uint64_t file_spec_digest = 0;
    bool is_store_replaced = false;    ///< founds nothing
    bool is_store_lost = false;        ///< others know records that it does not: no voter (F9)
    bool is_store_failed = false;      ///< nothing can be made durable any more
    Random random;

    std::vector<std::pair<std::uint32_t, wire::Key>> keys;  ///< to seal what the witness keeps
    std::uint32_t key_in_use = 0;

    // --- the step under way ---
    Instant now;
    Instant started;
    Instant promised_deadline;         ///< what the last step asked to be woken at
    Actions actions;

    // --- agreement wing ---
    wire::Channels channels;
    detect::Detector detector;
    std::map<NodeId, Peer> peers;
    membership::Hearing hearing;
    NodeSet contact;                   ///< two-sided, self not in it
    bool were_all_there = false;       ///< since our start, at the same time
    NodeSet one_sided;                 ///< told once
    std::optional<consensus::Raft> raft;
    wire::StoreState store;            ///< as it will be when everything asked is durable
    ClusterId cluster_durable;         ///< of `store`, once that is durable
    PersistSeq persist_asked;
    struct PersistUnderWay {
        PersistSeq seq;
        std::uint64_t counter = 0;         ///< of the store's record
        std::uint64_t consensus_number = 0;
        ClusterId cluster;
        std::vector<lifecycle::Held> promises;  ///< releases that become durable with it (F11)
        Instant asked;
    };
    std::deque<PersistUnderWay> persists;
    WriteTimes write_times;
    bool is_slow_store_told = false;
    std::uint64_t counter_durable = 0;
    std::uint64_t consensus_durable = 0;       ///< newest of consensus' own write numbers
    std::map<NodeId, Instant> founding_sent_at;
    std::deque<HeldMessage> held_messages;
    WitnessPeer witness;
    bool is_witness_renewal_asked = false;
    membership::LeaseHolder lease;
    membership::LeaseGranter granter;
    membership::LeaseLedger ledger;
    std::map<NodeId, LogIndex> taken_uncommitted;  ///< newest entry in our log
    bool is_tail_unreadable = false;  ///< an entry that is not applied is of a version unknown here
    std::map<NodeId, LogIndex> notes;              ///< lease of the node over as of this index
    std::vector<wire::LeaseOver> own_notes;        ///< leader: told in heartbeats
    HeartbeatSeq heartbeat_seq;
    Instant heartbeat_sent;
    Instant heartbeat_due;  ///< at most an interval and a little after that
    Instant beats_full_at;  ///< when as many as ever may go out of turn again
    bool is_heartbeat_urgent = true;
    bool is_reading = false;           ///< of datagrams that came together some are to come yet
    bool has_news = true;              ///< something came since the corridor was last gone through
    std::uint64_t rounds = 0;          ///< through the corridor
    std::optional<BeatAlong> beat_along;  ///< this step's heartbeat follows the leader's
    bool was_lease_held = false;
    bool is_heir = false;              ///< an earlier process left groups running, under its lease
    std::optional<Instant> lease_inherited;  ///< when that one ends, if somebody knows
    Instant runs_until;                ///< our right to run without answers of others
    bool has_lost_right = false;       ///< our lease ran out, and we have had none since
    bool is_partition_told = false;
    std::uint64_t question_number = 0;
    Alone alone;
    mutable NewestRecords newest_records;  ///< made again where it is missing
    std::optional<Recovery> recovery;  ///< asked for, and not durable yet
    std::vector<ViewMark> view_marks;  ///< of our whole log
    NodeSet forked;                    ///< whose history contradicts ours
    std::vector<wire::Forked> forks_pending;  ///< of our history, which is given up
    Instant forks_due;
    NodeId known_leader;
    std::uint64_t refusals = 0;        ///< packets that proved nothing
    Instant refusals_due;
    bool was_quorate = false;

    // --- the document ---
    model::ClusterState registry;      ///< committed and applied
    LogIndex applied;
    LogIndex applied_told;             ///< not raised before its loss is severed here
    Term applied_term;
    LogIndex digest_index;
    std::uint64_t digest = 0;
    LogIndex diverged_told;            ///< checkpoint at which our state was seen to differ
    bool is_divergence_told = false;   ///< two histories
    Instant compact_after;             ///< leases that were longer may run until then
    bool is_apply_stopped = false;     ///< an entry could not be read: wait for the document (F23)
    bool is_state_diverged = false;    ///< it differs from the leader's at the same checkpoint
    Instant document_due;              ///< when it is asked for, again
    std::optional<wire::DocumentReply> document;  ///< of an entry that is not committed here yet

    // --- leader ---
    bool is_duty_due = true;
    bool is_view_waited_for = false;   ///< a learner may vote when a voter has answered our lease
    std::size_t planned_from = 0;      ///< of the batch under way: what follows the planner wanted
    Instant duty_due = Instant::max(); ///< time alone makes a duty due
    std::map<NodeId, std::vector<model::Command>> reports;  ///< asked since the last duty
    std::vector<PendingRequest> requests;
    std::deque<AnswerKept> answers_kept;
    std::map<GroupId, std::string> blocked_told;
    std::map<NodeId, Instant> voters_silent_since;
    Instant misplaced_since = Instant::max();
    Instant hand_over_rest;            ///< not before: one hand-over must settle first (F30)
    std::string change_stuck;          ///< why a change does not go on, as told
    model::ClusterSpec reached_by;     ///< says where nodes are (paths.cpp)
    bool is_on_former_paths = false;   ///< by the one before the one on trial
    Instant paths_due = Instant::max();  ///< without a quorum: the others are tried then

    // --- service wing ---
    std::map<GroupId, model::GroupSpec> held_groups;  ///< of an earlier process, as described then
    lifecycle::Service service;
    std::vector<model::Release> own_releases;  ///< durable, not in the state yet
    Instant reports_due;
    bool is_settle_asked = false;
    std::uint64_t status_version = 1;  ///< an empty status is told too: it names our software
    lifecycle::ServiceStatus status_sent;

    // --- final actions ---
    struct FinalActionUnderWay {
        model::FinalAction action = model::FinalAction::none;
        std::string reason;
        PersistSeq counted;                ///< when this is durable, it may be carried out
        bool is_begun = false;
        bool is_for_safety = false;
    };
    std::optional<FinalActionUnderWay> final_action;
    Instant well_since = Instant::max();   ///< since when our lease has been held
    bool may_reboot = true;
    std::uint64_t log_entries_max = k_limit_log_entries;
    Version version_max = k_version_newest;
    std::string software;
    Version version_needed = 0;        ///< above ours: others take part by it, and we cannot
    bool is_to_isolate = false;            ///< too many resets: we take no group until asked to
    Instant isolate_due;

    // --- times that are counted down ---
    Instant counted_since;                 ///< leader: up to here it is in our log
    Term counted_term;

    // --- fencing ---
    lifecycle::Fencing fencing;
    std::map<NodeId, Instant> heard_anywhere;  ///< by us, or by somebody who told us
    /// Leader: since when it is as it is; which request of the node's it is about.
    struct FencingSeen {
        std::uint32_t count = 0;
        Instant since;
    };
    std::map<NodeId, FencingSeen> fencing_failed;  ///< and is not tried again yet
    std::map<NodeId, FencingSeen> fencers_lost;    ///< by node that is shot at

    // --- the watchdog ---
    Duration watchdog{0};                  ///< of this machine; 0: none that is armed and verified
    Instant promise_told;                  ///< when the leader was told last
    /// Leader: since when it knows that the lease of a node, as of that entry, is over.
    struct LeaseEnded {
        LogIndex index;
        Instant since;
    };
    std::map<NodeId, LeaseEnded> leases_ended;

    // --- the journal ---
    Journal journal{self};

    // --- leaving ---
    bool is_leaving = false;
    model::NodeOrder order = model::NodeOrder::none;  ///< what follows it
    Instant others_gone_at = Instant::max();
    bool is_stop_asked = false;        ///< we stop our groups without being told to
    bool is_notice_sent = false;
    bool is_gone = false;
    Instant leave_deadline = Instant::max();
    Instant give_up_deadline = Instant::max();
    Instant notice_due;
    Instant notice_deadline = Instant::max();
};

}  // namespace ha::engine
