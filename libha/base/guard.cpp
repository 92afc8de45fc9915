// The page that a daemon and its guard share.
#include "base/guard.hpp"

#include "base/checksum.hpp"

namespace ha::guard {

namespace {

Copy load_copy(const Copy& from) noexcept {
    Copy out;
    out.check = load(from.check);
    out.word.sequence = load(from.word.sequence);
    out.word.lease_end_ns = load(from.word.lease_end_ns);
    out.word.sever_bound_ns = load(from.word.sever_bound_ns);
    out.word.watchdog_wanted = load(from.word.watchdog_wanted);
    return out;
}

bool is_whole(const Copy& copy) noexcept {
    return copy.word.sequence != 0 && copy.check == check_of(copy.word);
}

}  // namespace

std::uint64_t check_of(const Word& word) noexcept {
    return digest64({reinterpret_cast<const std::uint8_t*>(&word), sizeof word}) ^ k_magic;
}

/// A reader that was held up for two writes finds neither copy whole, and looks again: only damage,
/// or a page that was never written, is a lease that is over.
Word read_word(const Page& page) noexcept {
    constexpr int k_looks_max = 100;
    Word newest;
    for (int look = 0; look < k_looks_max && newest.sequence == 0; look++) {
        for (const auto& copy : page.copies) {
            const auto seen = load_copy(copy);
            if (is_whole(seen) && seen.word.sequence > newest.sequence) newest = seen.word;
        }
        const bool was_written = load(page.copies[0].word.sequence) != 0 ||
                                 load(page.copies[1].word.sequence) != 0;
        if (!was_written) break;
    }
    return newest;
}

void write_word(Page& page, Word word) noexcept {
    word.sequence = read_word(page).sequence + 1;
    auto& copy = page.copies[word.sequence % 2];
    store(copy.check, 0);
    // Each store is a release: none of these can be seen before the check is known to be void.
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    store(copy.word.sequence, word.sequence);
    store(copy.word.lease_end_ns, word.lease_end_ns);
    store(copy.word.sever_bound_ns, word.sever_bound_ns);
    store(copy.word.watchdog_wanted, word.watchdog_wanted);
    store(copy.check, check_of(word));
}

Instant sever_at(const Word& word) noexcept {
    if (word.lease_end_ns <= word.sever_bound_ns) return Instant{};
    return Instant{static_cast<std::int64_t>(word.lease_end_ns - word.sever_bound_ns)};
}

}  // namespace ha::guard
