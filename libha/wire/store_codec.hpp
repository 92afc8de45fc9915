// Inside of the store: what a record's payload holds, and whether a batch fits a state.
#pragma once

#include "base/bytes.hpp"
#include "wire/store.hpp"

namespace ha::wire {

void encode_state(Writer& w, const StoreState& state);
StoreState decode_state(Reader& r);
void encode_batch(Writer& w, const StoreBatch& batch);
StoreBatch decode_batch(Reader& r);

/// False when the entries of `batch` would leave a gap: a record that says so is damaged.
bool is_applicable(const StoreState& state, const StoreBatch& batch);

}  // namespace ha::wire
