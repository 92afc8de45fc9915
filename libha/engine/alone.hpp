// One of two nodes: what it knows and has decided while the other one is silent.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "membership/alone.hpp"
#include "model/state.hpp"

namespace ha::engine {

/// Which of two that are silent to each other shoots when (shooting.cpp).
enum class ShotOrder : std::uint8_t {
    first,
    second,
    unsure,  ///< our log holds something that the other may not have, or not have applied
};
constexpr const char* to_string(ShotOrder order) {
    switch (order) {
        case ShotOrder::first: return "first";
        case ShotOrder::second: return "second";
        case ShotOrder::unsure: return "unsure";
    }
    return "?";
}

/// That the other one of two is harmless, beside its silence.
enum class Evidence : std::uint8_t {
    none,
    shot,     ///< a shot of ours, verified
    by_hand,  ///< an operator's word
};

/// The nodes' records with what stands in our log, committed or not, and the place in it that they
/// were folded from (shooting.cpp).
struct NewestRecords {
    struct Place {
        StoreId store;                     ///< of another history the rest may be the same
        LogIndex applied;
        LogIndex last;
        Term last_term;
        bool operator==(const Place&) const = default;
    };
    std::optional<Place> place;            ///< none: not folded yet
    std::map<NodeId, model::NodeRecord> nodes;
};

/// One of two nodes, in this process (alone.cpp); what it decided stands in the log.
struct Alone {
    /// Our view was that of the other too since this process started, or names us alone.
    bool is_view_current = false;
    bool is_decided_against = false;
    std::optional<Instant> silent_since;   ///< of the other
    membership::AloneVerdict verdict = membership::AloneVerdict::not_alone;
    struct Question {
        std::uint64_t number = 0;
        Instant asked_at;
        Duration timeout{0};
    };
    std::deque<Question> questions;        ///< under way, oldest first
    Instant ask_due;
    std::optional<Instant> answered_at;    ///< when the newest one that was answered was asked
    bool was_given = false;
    std::string text;                      ///< of the newest answer
    // shooting.cpp; what is under way stands in the store
    ShotOrder order = ShotOrder::second;   ///< as it was when the silence began
    std::uint32_t rounds = 0;              ///< shots decided in this silence
    Instant shoot_again;
    PersistSeq shot_noted;
    bool is_shot_wanted = false;           ///< until it has come to a verdict
    bool is_shot_told = false;
    std::string failure;                   ///< of the newest one, for people
    std::optional<StartNumber> fenced;     ///< this start of the other is harmless
    bool is_off_by_hand = false;           ///< an operator says so, and no device
};

}  // namespace ha::engine
