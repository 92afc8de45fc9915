// Helpers of the runtime's tests: directories that vanish, and waits that end on a condition.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.hpp"
#include "base/time.hpp"

/// What a failed check shows of a result.
template <class T>
struct doctest::StringMaker<boost::system::result<T, ha::Failure>> {
    static doctest::String convert(const boost::system::result<T, ha::Failure>& result) {
        return result ? "a value" : doctest::String(result.error().context.c_str());
    }
};

namespace ha::runtime::test {

/// So long may anything take before a test calls it lost; only a broken program waits that long.
inline constexpr auto k_patience = std::chrono::seconds(30);

/// Looks until it holds; for what nobody can tell of.
template <class Holds>
void await_that(Holds holds) {
    const auto begun = std::chrono::steady_clock::now();
    while (!holds() && std::chrono::steady_clock::now() - begun < k_patience)
        std::this_thread::yield();
    REQUIRE(holds());
}

/// A directory of its own under the system's temporary one, removed with all in it.
class TemporaryDirectory {
   public:
    TemporaryDirectory() {
        std::string text = (std::filesystem::temp_directory_path() / "ha-test-XXXXXX").string();
        REQUIRE(::mkdtemp(text.data()) != nullptr);
        path_ = text;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    const std::string& path() const { return path_; }
    std::string file(const std::string& name) const { return path_ + "/" + name; }

   private:
    std::string path_;
};

/// Values that one thread puts and another takes, in order.
template <class T>
class Mailbox {
   public:
    void put(T value) {
        std::lock_guard guard(mutex_);
        values_.push_back(std::move(value));
        added_.notify_all();
    }
    T take() {
        std::unique_lock guard(mutex_);
        REQUIRE(added_.wait_for(guard, k_patience, [this] { return !values_.empty(); }));
        T out = std::move(values_.front());
        values_.pop_front();
        return out;
    }
    bool is_empty() {
        std::lock_guard guard(mutex_);
        return values_.empty();
    }

   private:
    std::mutex mutex_;
    std::condition_variable added_;
    std::deque<T> values_;
};

/// A door that stays shut until it is opened: what a call hangs on.
class Door {
   public:
    void open() {
        std::lock_guard guard(mutex_);
        is_open_ = true;
        changed_.notify_all();
    }
    /// Any thread, also one that outlives the test: so it says nothing of its own to doctest.
    void pass() {
        std::unique_lock guard(mutex_);
        changed_.wait_for(guard, k_patience, [this] { return is_open_; });
    }

   private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_open_ = false;
};

}  // namespace ha::runtime::test
