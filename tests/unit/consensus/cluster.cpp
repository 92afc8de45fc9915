// A cluster of Rafts in virtual time.
#include "cluster.hpp"

#include <algorithm>
#include <cstdio>
#include <tuple>

#include "base/assert.hpp"

namespace test {

namespace {

constexpr LogIndex k_founding_index{1};

StoreId store_id(std::uint16_t node, std::uint8_t generation) {
    StoreId id;
    id.bytes[0] = static_cast<std::uint8_t>(node);
    id.bytes[1] = generation;
    id.bytes[15] = 1;
    return id;
}

ClusterId cluster_id() {
    ClusterId id;
    id.bytes[0] = 0xc1;
    return id;
}

}  // namespace

Cluster::Cluster(std::uint16_t count, std::uint16_t voters, World world, std::uint64_t seed)
    : world_(world), random_(seed_from(seed)) {
    wire::Snapshot founding{
        .index = k_founding_index, .term = Term{1}, .voters = {}, .document = {0xf0}};
    for (std::uint16_t i = 1; i <= voters; i++)
        founding.voters.push_back({NodeId{i}, store_id(i, 0)});
    checkers_.on_founded(founding.index, founding.document);
    nodes_.resize(count);
    for (std::uint16_t i = 1; i <= count; i++) {
        auto& node = at(i);
        node.id = NodeId{i};
        learners_.insert(node.id);
        node.disk.store = store_id(i, 0);
        node.disk.cluster = cluster_id();
        node.disk.term = Term{1};
        node.disk.snapshot = founding;
    }
    for (auto& node : nodes_) boot(node, true);
    refresh_contact();
}

void Cluster::schedule(Instant when, std::function<void()> run) {
    events_.push({when, order_++, std::move(run)});
}

/// The next thing that happens, if it happens until then.
bool Cluster::step(Instant until) {
    Node* due = nullptr;
    auto due_at = Instant::max();
    for (auto& node : nodes_) {
        if (!node.raft) continue;
        const auto deadline = std::max({node.raft->next_deadline(), node.paused_until, now_});
        if (node.raft->next_deadline() != Instant::max() && deadline < due_at) {
            due = &node;
            due_at = deadline;
        }
    }
    if (!events_.empty() && events_.top().at <= due_at) {
        if (events_.top().at > until) return false;
        auto event = events_.top();
        events_.pop();
        now_ = std::max(now_, event.at);
        event.run();
        return true;
    }
    if (due == nullptr || due_at > until) return false;
    now_ = due_at;
    due->raft->tick(now_);
    collect(*due);
    HA_ASSERT(due->raft->next_deadline() > now_);  // a deadline that stays is a busy loop
    return true;
}

void Cluster::run_for(Duration time) {
    const auto end = now_ + time;
    while (step(end)) {
    }
    now_ = end;
}

bool Cluster::run_until(const std::function<bool()>& condition, Duration deadline) {
    const auto end = now_ + deadline;
    while (!condition())
        if (!step(end)) return condition();
    return true;
}

void Cluster::boot(Node& node, bool may_vote) {
    consensus::Options options;
    options.self = node.id;
    options.store = node.disk.store;
    options.rank = node.id.value - 1U;
    options.election_step = 5ms;
    options.resend = 20ms;
    options.snapshot_resend = 200ms;
    options.keepalive = 300ms;
    options.seed = seed_from(random_.next());
    options.may_vote = may_vote;
    node.life++;
    node.done = 0;
    node.writes.clear();
    node.held.clear();
    node.reachable = {};
    node.paused_until = Instant{};
    node.disk_free_at = now_;
    node.document = node.disk.snapshot.document;
    node.applied = node.disk.snapshot.index;
    node.texts.clear();
    node.role = consensus::Role::learner;
    node.raft = std::make_unique<Raft>(options, node.disk, now_);
    node.raft->set_learners(now_, learners_);
    collect(node);
    heartbeat(node, node.life);
}

/// Takes the output of a node and does what it says.
void Cluster::collect(Node& node) {
    auto out = node.raft->take_output();
    note_role(node);
    if (out.persist_number != 0) start_write(node, out.persist);
    for (auto& sent : out.send) {
        if (sent.after > node.done) {
            node.held.push_back({sent.after, sent.to, std::move(sent.message)});
        } else {
            transmit(node.id, sent.to, sent.message);
        }
    }
    if (out.restored) {
        checkers_.on_restored(node.id, *out.restored);
        node.document = out.restored->document;
        node.applied = out.restored->index;
        node.texts.clear();
        node.restored_count++;
    }
    for (const auto& entry : out.committed) {
        HA_ASSERT(entry.index.value == node.applied.value + 1);
        checkers_.on_committed(node.id, node.raft->term(), entry);
        node.document = Checkers::apply(node.document, entry);
        node.applied = entry.index;
        if (entry.kind == wire::EntryKind::commands)
            node.texts.emplace_back(entry.payload.begin(), entry.payload.end());
    }
}

void Cluster::start_write(Node& node, const wire::StoreBatch& batch) {
    node.writes.push_back(batch);
    node.disk_free_at =
        std::max(node.disk_free_at, now_) + world_.disk + random_.up_to(world_.disk_jitter);
    schedule(node.disk_free_at, [this, &node, life = node.life] { finish_write(node, life); });
}

void Cluster::finish_write(Node& node, std::uint64_t life) {
    if (life != node.life || !node.raft) return;
    if (node.paused_until > now_) {
        schedule(node.paused_until, [this, &node, life] { finish_write(node, life); });
        return;
    }
    node.older.push_back(node.disk);
    if (node.older.size() > 64) node.older.erase(node.older.begin());
    wire::apply(node.disk, node.writes.front());
    node.writes.pop_front();
    node.done++;
    std::vector<Held> held;
    std::swap(held, node.held);
    for (auto& h : held) {
        if (h.after > node.done) {
            node.held.push_back(std::move(h));
        } else {
            transmit(node.id, h.to, h.message);
        }
    }
    node.raft->persisted(now_, node.done);
    collect(node);
}

void Cluster::transmit(NodeId from, NodeId to, const wire::ConsensusMessage& message) {
    message_count_++;
    auto copies = random_.chance(world_.duplicate_ppm) ? 2 : 1;
    for (; copies > 0; copies--) {
        if (random_.chance(world_.loss_ppm)) continue;
        const auto when = now_ + world_.latency + random_.up_to(world_.latency_jitter);
        schedule(when, [this, from, to, message] { deliver(from, to, message); });
    }
}

void Cluster::deliver(NodeId from, NodeId to, const wire::ConsensusMessage& message) {
    auto& node = at(to.value);
    if (!node.raft || cut_[{from, to}] || (drop && drop(from, to, message))) return;
    if (node.paused_until > now_) {
        schedule(node.paused_until, [this, from, to, message] { deliver(from, to, message); });
        return;
    }
    node.raft->receive(now_, from, message);
    collect(node);
}

bool Cluster::is_linked(NodeId a, NodeId b) const {
    const auto ab = cut_.find({a, b});
    const auto ba = cut_.find({b, a});
    return (ab == cut_.end() || !ab->second) && (ba == cut_.end() || !ba->second);
}

/// Links or nodes changed: the detectors find out, losses later than contacts.
void Cluster::refresh_contact() {
    for (auto& node : nodes_) {
        const auto jitter = random_.up_to(world_.latency_jitter);
        schedule(now_ + world_.contact + jitter, [this, &node] { detect(node, false); });
        schedule(now_ + world_.detection + jitter, [this, &node] { detect(node, true); });
    }
}

void Cluster::detect(Node& node, bool is_loss_due) {
    if (!node.raft || node.paused_until > now_) return;
    NodeSet reachable;
    for (const auto& other : nodes_)
        if ((other.id != node.id && other.raft && other.paused_until <= now_ &&
             is_linked(node.id, other.id)) ||
            (!is_loss_due && node.reachable.contains(other.id)))
            reachable.insert(other.id);
    node.reachable = reachable;
    node.raft->set_reachable(now_, reachable);
    collect(node);
}

/// Only what consensus wants of a heartbeat; it is lost like any message.
void Cluster::heartbeat(Node& node, std::uint64_t life) {
    if (life != node.life || !node.raft) return;
    schedule(now_ + world_.heartbeat, [this, &node, life] { heartbeat(node, life); });
    if (node.paused_until > now_) return;
    const consensus::Standing standing{node.raft->term(), node.raft->leader(),
                                       node.raft->committed()};
    for (auto& other : nodes_) {
        if (other.id == node.id || random_.chance(world_.loss_ppm)) continue;
        schedule(now_ + world_.latency, [this, from = node.id, &other, standing] {
            if (!other.raft || cut_[{from, other.id}] || other.paused_until > now_) return;
            other.raft->observe(now_, from, standing);
            collect(other);
        });
    }
}

void Cluster::note_role(Node& node) {
    const auto role = node.raft->role();
    if (role == node.role) return;
    char line[128];
    std::snprintf(line, sizeof line, "%7.1f ms  %d %s -> %s, term %d\n",
                  static_cast<double>(now_.ns) / 1e6, static_cast<int>(node.id.value),
                  to_string(node.role), to_string(role), static_cast<int>(node.raft->term().value));
    story_ += line;
    node.role = role;
    if (role == consensus::Role::leader) {
        checkers_.on_leader(node.id, *node.raft);
        check_logs();
    }
}

std::string Cluster::summary() const {
    std::string out;
    for (const auto& node : nodes_) {
        out += "node " + std::to_string(node.id.value) + ": ";
        if (!node.raft) {
            out += "down\n";
            continue;
        }
        const auto& raft = *node.raft;
        out += std::string(to_string(raft.role())) + ", term " + std::to_string(raft.term().value) +
               ", leader " + std::to_string(raft.leader().value) + ", committed " +
               std::to_string(raft.committed().value) + ", last " +
               std::to_string(raft.last_index().value) + " of term " +
               std::to_string(raft.last_term().value) + ", voters";
        for (const auto& v : raft.voters()) out += " " + std::to_string(v.node.value);
        out += " of entry " + std::to_string(raft.voters_index().value) + "\n";
    }
    return out;
}

void Cluster::check_logs() {
    for (const auto& a : nodes_)
        for (const auto& b : nodes_)
            if (a.id < b.id && a.raft && b.raft) checkers_.on_logs(a.id, *a.raft, b.id, *b.raft);
}

void Cluster::crash(std::uint16_t id) {
    auto& node = at(id);
    HA_ASSERT(node.raft);
    // Writes are made durable in order; whatever the crash cut off is torn, and gone.
    while (!node.writes.empty() && random_.chance(world_.keep_write_ppm)) {
        node.older.push_back(node.disk);
        wire::apply(node.disk, node.writes.front());
        node.writes.pop_front();
    }
    node.raft.reset();
    refresh_contact();
}

void Cluster::restart(std::uint16_t id) {
    HA_ASSERT(!is_up(id));
    boot(at(id), true);
    refresh_contact();
}

void Cluster::restart_wiped(std::uint16_t id) {
    HA_ASSERT(!is_up(id));
    auto& node = at(id);
    const auto generation = static_cast<std::uint8_t>(node.disk.store.bytes[1] + 1);
    node.disk = {};
    node.older.clear();
    node.disk.store = store_id(id, generation);
    boot(node, true);
    refresh_contact();
}

void Cluster::restart_older(std::uint16_t id, std::size_t writes) {
    HA_ASSERT(!is_up(id));
    auto& node = at(id);
    writes = std::min(writes, node.older.size());
    if (writes > 0) {
        node.disk = node.older[node.older.size() - writes];
        node.older.resize(node.older.size() - writes);
    }
    boot(node, false);
    refresh_contact();
}

void Cluster::pause(std::uint16_t id, Duration time) {
    auto& node = at(id);
    node.paused_until = now_ + time;
    refresh_contact();
    schedule(node.paused_until, [this] { refresh_contact(); });
}

void Cluster::partition(const std::vector<std::vector<std::uint16_t>>& parts) {
    cut_.clear();
    std::map<NodeId, std::size_t> part_of;
    for (std::size_t i = 0; i < parts.size(); i++)
        for (auto node : parts[i]) part_of[NodeId{node}] = i + 1;
    for (const auto& a : nodes_)
        for (const auto& b : nodes_)
            if (a.id != b.id && (part_of[a.id] == 0 || part_of[a.id] != part_of[b.id]))
                cut_[{a.id, b.id}] = true;
    refresh_contact();
}

void Cluster::cut(std::uint16_t from, std::uint16_t to) {
    cut_[{NodeId{from}, NodeId{to}}] = true;
    refresh_contact();
}

void Cluster::heal() {
    cut_.clear();
    refresh_contact();
}

Result<LogIndex> Cluster::propose(std::uint16_t node, const std::string& text) {
    auto out =
        at(node).raft->propose(now_, wire::EntryKind::commands, Bytes(text.begin(), text.end()));
    collect(at(node));
    return out;
}

Result<LogIndex> Cluster::propose_voters(std::uint16_t node,
                                         const std::vector<std::uint16_t>& voters) {
    std::vector<wire::Voter> list;
    for (auto v : voters) list.push_back({NodeId{v}, store(v)});
    auto out = at(node).raft->propose(now_, wire::EntryKind::voters, wire::encode_voters(list));
    collect(at(node));
    return out;
}

Result<void> Cluster::transfer(std::uint16_t from, std::uint16_t to) {
    auto out = at(from).raft->transfer_leadership(now_, NodeId{to});
    collect(at(from));
    return out;
}

void Cluster::compact(std::uint16_t id) {
    auto& node = at(id);
    node.raft->compact(node.applied, node.document);
    collect(node);
}

void Cluster::set_learners(const std::vector<std::uint16_t>& nodes) {
    learners_ = {};
    for (auto n : nodes) learners_.insert(NodeId{n});
    for (auto& node : nodes_) {
        if (!node.raft) continue;
        node.raft->set_learners(now_, learners_);
        collect(node);
    }
}

void Cluster::lose_vote(std::uint16_t node) {
    at(node).raft->lose_vote(now_);
    collect(at(node));
}

void Cluster::go_alone(std::uint16_t node, const std::string& text, std::uint64_t term_step) {
    at(node).raft->go_alone(now_, term_step, Bytes(text.begin(), text.end()));
    collect(at(node));
}

void Cluster::recover(std::uint16_t node, const std::string& text, std::uint64_t term_step) {
    const auto generation = static_cast<std::uint8_t>(at(node).disk.store.bytes[1] + 1);
    at(node).raft->recover(now_, term_step, store_id(node, generation),
                           Bytes(text.begin(), text.end()));
    collect(at(node));
}

void Cluster::give_up_history(std::uint16_t node) {
    const auto generation = static_cast<std::uint8_t>(at(node).disk.store.bytes[1] + 1);
    at(node).raft->give_up_history(now_, store_id(node, generation));
    collect(at(node));
}

void Cluster::keep_history(std::uint16_t node) {
    at(node).raft->keep_history(now_);
    collect(at(node));
}

std::uint16_t Cluster::leader() const {
    const Node* best = nullptr;
    for (const auto& node : nodes_)
        if (node.raft && node.raft->is_leader() &&
            (best == nullptr || node.raft->term() > best->raft->term()))
            best = &node;
    return best == nullptr ? std::uint16_t{0} : best->id.value;
}

const Raft& Cluster::raft(std::uint16_t node) const {
    HA_ASSERT(is_up(node));
    return *at(node).raft;
}

bool Cluster::is_committed_everywhere(LogIndex index) const {
    return std::ranges::all_of(
        nodes_, [&](const Node& n) { return !n.raft || n.raft->committed() >= index; });
}

void Cluster::write_disk(std::uint16_t id, const std::vector<std::uint64_t>& terms, Term term) {
    HA_ASSERT(!is_up(id));
    auto& disk = at(id).disk;
    disk.term = term;
    disk.voted_for = NodeId{};
    disk.entries.clear();
    auto index = disk.snapshot.index;
    for (auto t : terms) {
        index = consensus::after(index);
        disk.entries.push_back({index, Term{t}, wire::EntryKind::noop, {}});
    }
}

}  // namespace test
