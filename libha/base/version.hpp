// Versions: one number for what nodes say to each other, keep, and agree on (safety.md F23).
//
// version   what it brought
// 1         everything that is not named below
// 2         a status report names the sender's software; the document says since which entry it is
//           of its version; what is active without a right to it (probe_interval, FoundActive)
//
// A node speaks to each peer by the highest version that both know. What all agree on, the log and
// the document, is of the cluster's version: the leader raises it by one committed command when
// every configured node has said that it can, and it is never lowered. New behaviour of apply(),
// new commands and new fields belong to a version here; what was of an older one stays as it is.
#pragma once

#include <cstdint>

namespace ha {

using Version = std::uint16_t;

inline constexpr Version k_version_oldest = 1;
inline constexpr Version k_version_newest = 2;

}  // namespace ha
