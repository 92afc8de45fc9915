// A host for tests of plugins: real boot clock, recorded log, a directory that goes away.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>
#include <time.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "plugin/registry.hpp"

/// Shows a result in a failed check, whatever its value is.
template <class T>
struct doctest::StringMaker<boost::system::result<T, ha::Failure>> {
    static String convert(const boost::system::result<T, ha::Failure>& result) {
        return result ? "success" : String(result.error().context.c_str());
    }
};

namespace ha::test {

class TemporaryDirectory {
   public:
    TemporaryDirectory() {
        char name[] = "/tmp/ha-unit-XXXXXX";
        path_ = mkdtemp(name);
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::string& path() const { return path_; }
    std::string file(const std::string& name) const { return path_ + "/" + name; }
    std::string write(const std::string& name, const std::string& content, bool is_program = false) {
        std::ofstream(file(name)) << content;
        if (is_program)
            std::filesystem::permissions(file(name), std::filesystem::perms::owner_all);
        return file(name);
    }
    std::string read(const std::string& name) const {
        std::ostringstream out;
        out << std::ifstream(file(name)).rdbuf();
        return out.str();
    }

   private:
    std::string path_;
};

class FakeServices : public plugin::HostServices {
   public:
    void log(const plugin::InstanceSpec& from, std::uint32_t, std::string_view text) override {
        const std::lock_guard lock(mutex_);
        lines_.push_back(from.name + ": " + std::string(text));
    }
    void event(const plugin::InstanceSpec& from, std::uint32_t, std::string_view name,
               std::string_view text) override {
        const std::lock_guard lock(mutex_);
        lines_.push_back(from.name + ": [" + std::string(name) + "] " + std::string(text));
    }
    Instant now() override {
        timespec t{};
        clock_gettime(CLOCK_BOOTTIME, &t);
        return Instant{t.tv_sec * 1'000'000'000LL + t.tv_nsec + skew_ns};
    }
    bool is_epoch_valid(const plugin::InstanceSpec&, const Epoch& epoch) override {
        return epoch == valid_epoch;
    }
    Instant not_after(const plugin::InstanceSpec&) override { return Instant::max(); }
    bool takes_sever_actions() override { return takes_actions; }
    Result<void> put_sever_actions(const plugin::InstanceSpec&,
                                   std::span<const ha_sever_action_t> actions) override {
        if (is_lease_over) return failure(FailureCode::refused, "the lease is over");
        if (on_put) on_put(actions);
        return {};
    }

    /// All that was logged, for searching.
    std::string text() {
        const std::lock_guard lock(mutex_);
        std::string out;
        for (const auto& line : lines_) out += line + "\n";
        return out;
    }

    Epoch valid_epoch{Incarnation{3}, Term{5}, NodeId{2}};
    std::atomic<std::int64_t> skew_ns{0};
    bool takes_actions = false;
    bool is_lease_over = false;
    std::function<void(std::span<const ha_sever_action_t>)> on_put;

   private:
    std::mutex mutex_;
    std::vector<std::string> lines_;
};

/// Generous: a machine under load must not fail a test.
inline constexpr Duration k_test_deadline = 60s;

inline plugin::Call call_with(FakeServices& services, Duration timeout = k_test_deadline) {
    plugin::Call call;
    call.id = OperationId{1};
    call.deadline = services.now() + timeout;
    call.epoch = services.valid_epoch;
    return call;
}

/// Waits for a condition; the time it may take is generous, since it only matters when it fails.
template <class Condition>
bool wait_until(Condition&& condition) {
    for (int i = 0; i < 30'000; ++i) {
        if (condition()) return true;
        const timespec pause{0, 2'000'000};
        nanosleep(&pause, nullptr);
    }
    return false;
}

}  // namespace ha::test
