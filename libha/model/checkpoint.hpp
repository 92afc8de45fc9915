// Checkpoints: what a service leaves for whoever runs it next, in sections.
//
// A checkpoint belongs to a group and is fenced by its epoch: only the activation that runs now
// writes it. What was acknowledged stands before the next Give in the log, so the next owner has it
// when it starts. In spirit SA Forum's checkpoint service (AIS, CKPT), for small things: all of it
// goes through the log and lies in every node's memory.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "base/bytes.hpp"
#include "base/ids.hpp"

namespace ha::model {

inline constexpr std::size_t k_limit_section_bytes = 16 * 1024;
inline constexpr std::size_t k_limit_sections = 64;                  ///< of one group
inline constexpr std::size_t k_limit_checkpoints_bytes = 256 * 1024; ///< of all, names included

struct Section {
    SectionVersion version;   ///< of its newest write; one that comes later is higher
    Epoch epoch;              ///< of the activation that wrote it
    Bytes data;
    bool operator==(const Section&) const = default;
};
using Checkpoint = std::map<std::string, Section>;

struct WriteSection {
    GroupId group;
    Epoch epoch;              ///< of the activation that writes
    std::string name;
    Bytes data;
    bool is_conditional = false;
    SectionVersion expected;  ///< conditional: it has this version; none: it does not exist
    bool operator==(const WriteSection&) const = default;
};
struct EraseSection {
    GroupId group;
    Epoch epoch;
    std::string name;
    bool operator==(const EraseSection&) const = default;
};

}  // namespace ha::model
