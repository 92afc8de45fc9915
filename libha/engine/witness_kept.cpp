// What the witness keeps for a node that is behind: sealed with the cluster's key, so that it
// cannot be read or changed there (safety.md D6).
//
// A sealed part: key id 4, salt 16, then the plain bytes under a key of their own, made from the
// cluster's key and the salt. Where in the log it belongs is authenticated with it.
#include <algorithm>

#include "base/limits.hpp"
#include "engine/impl.hpp"
#include "wire/log.hpp"

namespace ha::engine {
namespace {

constexpr std::size_t k_salt_bytes = 16;

wire::Key part_key(const wire::Key& cluster_key, ByteView salt, wire::Crypto& crypto) {
    const std::string_view info = "libha witness kept 1";
    return crypto.derive(cluster_key, salt,
                         {reinterpret_cast<const std::uint8_t*>(info.data()), info.size()});
}

Bytes part_place(const ClusterId& cluster, const wire::SealedPart& part) {
    Bytes out;
    Writer w(out);
    w.id(cluster);
    wire::encode_place(w, part);
    return out;
}

Bytes encode_entries(std::span<const wire::LogEntry> entries) {
    Bytes out;
    Writer w(out);
    w.u32(static_cast<std::uint32_t>(entries.size()));
    for (const auto& entry : entries) wire::encode(w, entry);
    return out;
}

}  // namespace

void Engine::Impl::seal_part(wire::SealedPart& part, ByteView plain) {
    const auto* key = find_key(key_in_use);
    if (key == nullptr) return;
    Bytes salt;
    Writer s(salt);
    for (std::size_t n = 0; n < k_salt_bytes / 8; n++) s.u64(random.next());
    Writer w(part.sealed);
    w.u32(key_in_use);
    w.raw(salt);
    crypto.seal_part(part_key(*key, salt, crypto), part_place(store.cluster, part), plain,
                     part.sealed);
}

bool Engine::Impl::open_part(const wire::SealedPart& part, Bytes& plain) {
    Reader r(part.sealed);
    const auto* key = find_key(r.u32());
    const auto salt = r.raw(k_salt_bytes);
    const auto sealed = r.raw(r.remaining());
    if (r.failed() || key == nullptr) return false;
    return crypto.open_part(part_key(*key, salt, crypto), part_place(store.cluster, part), sealed,
                            plain);
}

const wire::Key* Engine::Impl::find_key(std::uint32_t id) const {
    for (const auto& [known, key] : keys)
        if (known == id) return &key;
    return nullptr;
}

/// Entries after `after` up to `last`, as one part; none when there are none, or not any more.
std::optional<wire::SealedPart> Engine::Impl::entries_part(LogIndex after, Term after_term,
                                                           LogIndex last) {
    auto entries = raft->entries_after(after);
    while (!entries.empty() && entries.back().index > last)
        entries = entries.first(entries.size() - 1);
    if (entries.empty() || entries.front().index.value != after.value + 1) return std::nullopt;
    wire::SealedPart part{after, after_term, entries.back().index, entries.back().term, {}};
    seal_part(part, encode_entries(entries));
    return part;
}

/// What continues the witness's chain up to `last`; when that is not possible, a chain of our own.
std::vector<wire::SealedPart> Engine::Impl::parts_to_keep(LogIndex last) {
    const auto& told = witness.state;
    std::vector<wire::SealedPart> out;
    if (told.is_light) return out;
    const bool is_ours = told.kept_last && raft->holds(told.kept_last, told.kept_term);
    if (is_ours && told.kept_last >= last) return out;
    const auto parts_max =
        model::has_etcd(registry.spec) ? k_etcd_chain_parts : k_witness_chain_parts;
    if (is_ours && told.kept_parts < parts_max) {
        auto part = entries_part(told.kept_last, told.kept_term, last);
        if (part && told.kept_bytes + part->sealed.size() < k_witness_chain_bytes) {
            out.push_back(std::move(*part));
            return out;
        }
    }
    // A new document, if the entries after the one we have would make it long.
    if (raft->bytes_since_snapshot() > k_witness_chain_bytes / 4 && !is_apply_stopped &&
        applied > raft->snapshot_index() && applied <= last)
        raft->compact(applied, model::encode(registry));
    const auto& snapshot = raft->snapshot();
    if (snapshot.index > last) return out;
    Bytes plain;
    Writer w(plain);
    wire::encode(w, snapshot);
    wire::SealedPart document{LogIndex{}, Term{}, snapshot.index, snapshot.term, {}};
    seal_part(document, plain);
    out.push_back(std::move(document));
    if (auto part = entries_part(snapshot.index, snapshot.term, last))
        out.push_back(std::move(*part));
    witness.is_too_large = wire::kept_bytes(out) > k_limit_witness_kept_bytes;
    if (witness.is_too_large) out.clear();
    return out;
}

void Engine::Impl::on_witness_kept(const wire::WitnessKept& kept) {
    if (!is_witness_trusted() || raft->leader() || kept.parts.empty()) return;
    std::optional<wire::Snapshot> snapshot;
    std::vector<wire::LogEntry> entries;
    LogIndex last;
    Term last_term;
    for (const auto& part : kept.parts) {
        Bytes plain;
        if (part.after != last || part.after_term != last_term || !open_part(part, plain)) return;
        last = part.last;
        last_term = part.last_term;
        Reader r(plain);
        if (!snapshot) {
            snapshot = wire::decode_snapshot(r);
        } else {
            const auto count = r.count(1);
            for (std::size_t n = 0; n < count && !r.failed(); n++)
                entries.push_back(wire::decode_log_entry(r));
        }
        if (!r.done()) return;
    }
    if (!snapshot) return;
    // A history that was recovered without us is brought by a node that has it, to a store that is
    // made anew for it (safety.md D4), and never by the witness.
    const auto state = model::decode_state(snapshot->document, version_max);
    if (!state) return;
    if (raft->committed() && membership::is_parted_by_recovery(view_marks, state->view_marks))
        return;
    if (!raft->adopt(now, snapshot, entries)) return;
    rescan_log();
    tell(EventKind::runtime_note, "witness",
         {{"text", "the log up to entry " + std::to_string(last.value) +
                       " was taken from what the witness kept"}});
}

}  // namespace ha::engine
