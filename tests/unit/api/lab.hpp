// Clusters of the API's tests: several nodes in this process, over loopback, with types of the
// test's own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ha/ha.hpp"

namespace ha::test {

using namespace std::chrono_literals;

/// So long may anything take before a test calls it lost; only a broken program waits that long.
inline constexpr auto k_patience = 60s;

/// What the test's own types do and what was done with them, by "node/resource". Lives as long as
/// the program, because calls that hang do.
class Stage {
   public:
    using Deed = std::function<void()>;

    /// Forgets everything; at the beginning of each test.
    void clear();
    /// Done in every start of this resource on any node; may throw or hang.
    void on_start(const std::string& resource, Deed deed);
    void on_check(const std::string& monitor, std::function<bool()> is_well);

    /// So many lines are logged by each start.
    void set_chatter(int lines) { chatter_ = lines; }
    int chatter() const { return chatter_; }

    bool is_active(const std::string& node, const std::string& resource) const;
    /// How many nodes have it active now, and the most that ever had.
    int active_count(const std::string& resource) const;
    int active_count_max(const std::string& resource) const;
    int starts(const std::string& resource) const;

    // The types:
    void set_active(const std::string& node, const std::string& resource, bool is_active);
    void begin_start(const std::string& resource);
    bool check(const std::string& monitor);

   private:
    mutable std::mutex mutex_;
    std::map<std::string, Deed> start_;
    std::map<std::string, std::function<bool()>> check_;
    std::map<std::string, std::map<std::string, bool>> active_;  ///< by resource and node
    std::map<std::string, int> max_, starts_;
    std::atomic<int> chatter_ = 1;
};
Stage& stage();

/// A door that stays shut until it is opened, at the latest when the patience is over; and how many
/// stand before it.
class Door {
   public:
    void open();
    void pass();
    /// Waits until somebody stands before it; false when nobody came.
    bool await_visitor();

   private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_open_ = false;
    int visitors_ = 0;
};

/// Some nodes of one cluster, and what each of them is made of.
class Lab {
   public:
    /// `groups` is the JSON text of the fields "groups" and, after a comma, "monitors".
    explicit Lab(int nodes, std::string groups = k_one_group);
    ~Lab();

    static constexpr const char* k_one_group =
        R"("groups": {"relay": {"resources": {"torch": {"type": "torch"}}}})";

    std::string config(const std::string& groups) const;
    /// Of node `number`, from 1, with no callbacks.
    Options options(int number) const;
    /// Makes a node with the test's types and starts it.
    Cluster& start(int number, Options options);
    Cluster& start(int number) { return start(number, options(number)); }
    Cluster& operator[](int number) { return *nodes_.at(number); }
    void destroy(int number) { nodes_.erase(number); }
    const std::string& directory() const { return directory_; }

    /// Asks again after each event, as often as the patience allows; fails the test when it never
    /// comes true, and shows the status then.
    static void await(const Cluster& node, const std::function<bool(const Status&)>& is_so);
    static void await_group(const Cluster& node, const std::string& group, const std::string& owner,
                            const std::string& state);
    /// All these nodes are up, have a leader and hold their lease, as `node` sees it.
    static void await_whole(const Cluster& node, int nodes);
    static bool has_notice(const Cluster& node, const std::string& name,
                           const std::string& object = {});

   private:
    std::string directory_;
    std::string groups_;
    std::vector<std::uint16_t> ports_;
    std::map<int, std::unique_ptr<Cluster>> nodes_;
};

void register_types(Cluster& cluster);
const GroupStatus& group(const Status& status, const std::string& name);
/// Makes the request, and waits for what becomes of it.
Outcome outcome_of(const std::function<void(OnDone)>& request);
/// Makes the request, waits, and fails the test unless it succeeds.
Outcome ask(const std::function<void(OnDone)>& request);
/// The code that `call` throws, with its text; fails the test when it throws nothing.
struct Thrown {
    ErrorCode code;
    std::string text;
    bool says(const std::string& part) const { return text.find(part) != std::string::npos; }
};
Thrown thrown(const std::function<void()>& call);

}  // namespace ha::test
