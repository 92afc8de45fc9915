// Encoding of the model: the two archives that walk the lists of fields.hpp.
//
// Each top-level encoding begins with a byte for its kind and one for the lowest version that can
// read it (base/version.hpp): a state is of its cluster's version, commands of the newest of them.
// Maps and sets are
// written in order and refused out of order, so that one value has one encoding. Reasons longer
// than their limit are cut by the encoder: they come from plugins and people, and are no cause to
// fail.
#include "model/codec.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/assert.hpp"
#include "base/checksum.hpp"
#include "model/fields.hpp"
#include "model/flaw.hpp"
#include "model/text.hpp"

namespace ha::model {

namespace {

enum class Kind : std::uint8_t { spec = 1, state = 2, commands = 3 };

class Encoder {
   public:
    Encoder(Bytes& out, std::uint32_t version) : w_(out), version_(version) {}

    std::uint32_t version() const { return version_; }

    void duration(Duration v) { w_.duration(v); }
    void number(std::uint32_t v) { w_.u32(v); }
    void signed_number(std::int32_t v) { w_.u32(static_cast<std::uint32_t>(v)); }
    void boolean(bool v) { w_.boolean(v); }
    void id(const auto& v) { w_.id(v); }
    void epoch(const Epoch& v) { w_.epoch(v); }
    void enumeration(auto v, auto) { w_.enumeration(v); }
    void text(const std::string& v, std::size_t) { w_.text(v); }
    void reason(const std::string& v) { w_.text(clipped_reason(v)); }
    void bytes(const Bytes& v, std::size_t) { w_.blob(v); }

    template <class T, class One>
    void list(const std::vector<T>& v, std::size_t, One one) {
        count(v.size());
        for (const auto& item : v) one(item);
    }
    template <class T>
    void sorted(const std::vector<T>& v, std::size_t) {
        count(v.size());
        for (const auto& item : v) fields(*this, item);
    }
    template <class M, class Key, class Value>
    void map(const M& v, std::size_t, Key key, Value value) {
        count(v.size());
        for (const auto& [k, item] : v) {
            key(k);
            value(item);
        }
    }
    template <class S, class One>
    void set(const S& v, std::size_t, One one) {
        count(v.size());
        for (const auto& item : v) one(item);
    }
    template <class T>
    void optional(const std::optional<T>& v) {
        w_.boolean(v.has_value());
        if (v) fields(*this, *v);
    }

   private:
    void count(std::size_t n) { w_.u32(static_cast<std::uint32_t>(n)); }

    Writer w_;
    std::uint32_t version_;
};

class Decoder {
   public:
    Decoder(Reader& in, std::uint32_t version) : r_(in), version_(version) {}

    std::uint32_t version() const { return version_; }

    void duration(Duration& v) {
        v = r_.duration();
        if (v < Duration::zero()) r_.fail();
    }
    void number(std::uint32_t& v) { v = r_.u32(); }
    void signed_number(std::int32_t& v) { v = static_cast<std::int32_t>(r_.u32()); }
    void boolean(bool& v) { v = r_.boolean(); }
    template <class T>
    void id(T& v) {
        v = r_.id<T>();
    }
    void epoch(Epoch& v) { v = r_.epoch(); }
    template <class E>
    void enumeration(E& v, E last) {
        v = r_.enumeration(last);
    }
    void text(std::string& v, std::size_t limit) { v = r_.text(limit); }
    void reason(std::string& v) { v = r_.text(k_limit_reason_bytes); }
    void bytes(Bytes& v, std::size_t limit) {
        const auto blob = r_.blob(limit);
        v.assign(blob.begin(), blob.end());
    }

    template <class T, class One>
    void list(std::vector<T>& v, std::size_t limit, One one) {
        const auto n = count(limit);
        for (std::size_t i = 0; i < n && !r_.failed(); i++) one(v.emplace_back());
    }
    /// By node, each once.
    template <class T>
    void sorted(std::vector<T>& v, std::size_t limit) {
        list(v, limit, [&](T& item) {
            fields(*this, item);
            if (v.size() > 1 && !(v[v.size() - 2].node < item.node)) r_.fail();
        });
    }
    template <class M, class Key, class Value>
    void map(M& v, std::size_t limit, Key key, Value value) {
        const auto n = count(limit);
        for (std::size_t i = 0; i < n && !r_.failed(); i++) {
            typename M::key_type k{};
            key(k);
            if (!v.empty() && !(v.rbegin()->first < k)) r_.fail();
            if (r_.failed()) return;
            value(v.emplace_hint(v.end(), std::move(k), typename M::mapped_type{})->second);
        }
    }
    template <class S, class One>
    void set(S& v, std::size_t limit, One one) {
        const auto n = count(limit);
        for (std::size_t i = 0; i < n && !r_.failed(); i++) {
            typename S::value_type item{};
            one(item);
            if (!v.empty() && !(*v.rbegin() < item)) r_.fail();
            if (!r_.failed()) v.insert(v.end(), std::move(item));
        }
    }
    template <class T>
    void optional(std::optional<T>& v) {
        if (r_.boolean()) fields(*this, v.emplace());
    }

   private:
    std::size_t count(std::size_t limit) {
        const auto n = r_.count(1);
        if (n > limit) r_.fail();
        return r_.failed() ? 0 : n;
    }

    Reader& r_;
    std::uint32_t version_;
};

std::uint32_t version_of(const ClusterState& state) { return state.cluster_version; }
std::uint32_t version_of(const std::vector<Command>& commands) {
    std::uint32_t version = k_version_oldest;
    for (const auto& command : commands) version = std::max(version, version_of(command));
    return version;
}

Bytes begin(Kind kind, std::uint32_t version) {
    HA_ASSERT(version <= UINT8_MAX);
    return {static_cast<std::uint8_t>(kind), static_cast<std::uint8_t>(version)};
}

template <class T>
Bytes encode_whole(Kind kind, const T& value) {
    const auto version = version_of(value);
    auto out = begin(kind, version);
    Encoder encoder(out, version);
    fields(encoder, value);
    return out;
}

Failure corrupt(const std::string& what, const std::string& flaw) {
    return failure(FailureCode::corrupt, what + " " + flaw);
}

/// The version that the first bytes announce, behind this kind.
Result<Version> read_heading(Reader& reader, Kind kind, const std::string& what,
                             Version version_max) {
    const auto k = reader.u8();
    const Version version = reader.u8();
    if (reader.failed()) return corrupt(what, "is shorter than its heading");
    if (k != static_cast<std::uint8_t>(kind))
        return corrupt(what, "has kind " + std::to_string(k) + " instead of " +
                                 std::to_string(static_cast<int>(kind)));
    if (version < k_version_oldest || version > version_max)
        return failure(FailureCode::refused,
                       what + " is of version " + std::to_string(version) +
                           "; this software reads " + std::to_string(k_version_oldest) + " to " +
                           std::to_string(version_max));
    return version;
}

/// Two sequences of bytes would mean one value if the version that they name were not the one that
/// brought the newest of what they hold.
std::string flaw_of_version(Version said, Version found) {
    return "says that it is of version " + std::to_string(said) + " and holds what version " +
           std::to_string(found) + " brought, or the other way round";
}

constexpr const char* k_damaged = "is truncated, too long, out of order or beyond a limit";

template <class T>
Result<T> decode_whole(Kind kind, const std::string& what, ByteView bytes, Version version_max) {
    Reader reader(bytes);
    const auto version = read_heading(reader, kind, what, version_max);
    if (!version) return version.error();
    T value;
    Decoder decoder(reader, *version);
    fields(decoder, value);
    if (!reader.done()) return corrupt(what, k_damaged);
    if (*version != version_of(value))
        return corrupt(what, flaw_of_version(*version, version_of(value)));
    return value;
}

template <std::size_t... I>
bool decode_alternative(std::uint8_t tag, Decoder& decoder, Command& out,
                        std::index_sequence<I...>) {
    const auto one = [&]<std::size_t K>() { fields(decoder, out.emplace<K>()); };
    return ((tag == I ? (one.template operator()<I>(), true) : false) || ...);
}

constexpr std::size_t k_commands = std::variant_size_v<Command>;

}  // namespace

Bytes encode(const ClusterSpec& spec) { return encode_whole(Kind::spec, spec); }

Bytes encode(const ClusterState& state) { return encode_whole(Kind::state, state); }

Bytes encode(const std::vector<Command>& commands) {
    const auto version = version_of(commands);
    auto out = begin(Kind::commands, version);
    Writer(out).u32(static_cast<std::uint32_t>(commands.size()));
    for (const auto& command : commands) {
        Writer(out).u8(static_cast<std::uint8_t>(command.index()));
        Encoder encoder(out, version);
        std::visit([&](const auto& c) { fields(encoder, c); }, command);
    }
    return out;
}

Result<ClusterSpec> decode_spec(ByteView bytes, Version version_max) {
    return decode_whole<ClusterSpec>(Kind::spec, "configuration", bytes, version_max);
}

Result<ClusterState> decode_state(ByteView bytes, Version version_max) {
    auto state = decode_whole<ClusterState>(Kind::state, "cluster state", bytes, version_max);
    if (!state) return state;
    if (auto flaw = flaw_of(*state)) return corrupt("cluster state", "is inconsistent: " + *flaw);
    return state;
}

Result<std::vector<Command>> decode_commands(ByteView bytes, Version version_max) {
    Reader reader(bytes);
    const auto version = read_heading(reader, Kind::commands, "command batch", version_max);
    if (!version) return version.error();
    const auto n = reader.count(1);
    if (n > k_limit_batch_commands)
        return corrupt("command batch", "has " + std::to_string(n) + " commands; the limit is " +
                                            std::to_string(k_limit_batch_commands));
    std::vector<Command> commands;
    for (std::size_t i = 0; i < n && !reader.failed(); i++) {
        const auto tag = reader.u8();
        Decoder decoder(reader, *version);
        if (!decode_alternative(tag, decoder, commands.emplace_back(),
                                std::make_index_sequence<k_commands>()))
            return corrupt("command batch", "holds the unknown command " + std::to_string(tag));
    }
    if (!reader.done()) return corrupt("command batch", k_damaged);
    if (*version != version_of(commands))
        return corrupt("command batch", flaw_of_version(*version, version_of(commands)));
    return commands;
}

std::uint64_t spec_digest(const ClusterSpec& spec) {
    auto copy = spec;
    copy.revision = {};
    return digest64(encode(copy));
}

std::uint64_t state_digest(const ClusterState& state) { return digest64(encode(state)); }

}  // namespace ha::model
