// The page that a daemon and its guard share: no half-written word is ever acted on.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/guard.hpp"

using namespace ha;
using guard::Page;
using guard::Word;

namespace {

Word word_of(std::uint64_t end) { return {0, end, end / 7, end % 2}; }

/// As a daemon that is killed after `count` of the stores of a write: what it wrote is in the page,
/// the rest is as it was.
Page torn(const Page& before, const Page& after, std::size_t count) {
    Page out = before;
    const auto index = (guard::read_word(after).sequence) % 2;
    auto& copy = out.copies[index];
    const auto& whole = after.copies[index];
    if (count > 0) copy.check = 0;
    if (count > 1) copy.word.sequence = whole.word.sequence;
    if (count > 2) copy.word.lease_end_ns = whole.word.lease_end_ns;
    if (count > 3) copy.word.sever_bound_ns = whole.word.sever_bound_ns;
    if (count > 4) copy.word.watchdog_wanted = whole.word.watchdog_wanted;
    if (count > 5) copy.check = whole.check;
    return out;
}

}  // namespace

TEST_CASE("F8: an empty page holds no lease") {
    const Page page;
    CHECK(guard::read_word(page) == Word{});
    CHECK(guard::sever_at(guard::read_word(page)) == Instant{});
}

TEST_CASE("F8: the newest word is read, and severing begins before its end") {
    Page page;
    for (std::uint64_t end = 1000; end < 1010; end++) {
        guard::write_word(page, word_of(end));
        CHECK(guard::read_word(page).lease_end_ns == end);
        CHECK(guard::sever_at(guard::read_word(page)).ns ==
              static_cast<std::int64_t>(end - end / 7));
    }
}

TEST_CASE("F8: a writer that dies at any store leaves the word before, or the new one, whole") {
    Page page;
    guard::write_word(page, word_of(1000));
    guard::write_word(page, word_of(2000));
    Page after = page;
    guard::write_word(after, word_of(3001));
    for (std::size_t count = 0; count <= 6; count++) {
        const auto seen = guard::read_word(torn(page, after, count));
        CHECK(seen.lease_end_ns == (count == 6 ? 3001u : 2000u));
        // And whoever comes next goes on from there.
        Page next = torn(page, after, count);
        guard::write_word(next, word_of(4000));
        CHECK(guard::read_word(next).lease_end_ns == 4000);
    }
}

TEST_CASE("F8: a page with damage in both copies holds no lease") {
    Page page;
    guard::write_word(page, word_of(1000));
    guard::write_word(page, word_of(2000));
    page.copies[0].word.lease_end_ns++;
    page.copies[1].word.sever_bound_ns++;
    CHECK(guard::read_word(page) == Word{});
}

TEST_CASE("F8: a reader beside a writer sees only words that were written, and never goes back") {
    Page page;
    std::atomic<bool> is_over{false};
    std::thread writer([&] {
        for (std::uint64_t end = 1; end < 300'000; end++) guard::write_word(page, word_of(end));
        is_over = true;
    });
    std::uint64_t last = 0, wrong = 0, back = 0, none = 0;
    while (!is_over) {
        const auto seen = guard::read_word(page);
        if (seen.sequence == 0) {
            none += last > 0;
            continue;
        }
        wrong += seen.sever_bound_ns != seen.lease_end_ns / 7 ||
                 seen.watchdog_wanted != seen.lease_end_ns % 2;
        // With the newer copy caught in mid-write the older word is read.
        back += seen.lease_end_ns + 1 < last;
        last = std::max(last, seen.lease_end_ns);
    }
    writer.join();
    CHECK(wrong == 0);
    CHECK(back == 0);
    CHECK(none == 0);
}
