// A laboratory for plugins: hosts that are network namespaces without a name, on one switch.
//
// A namespace lives as long as a descriptor or a process holds it, so everything is gone when the
// test program ends, however it ends.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "plugin/registry.hpp"
#include "sever_actions.hpp"
#include "resource/fip/frames.hpp"

namespace ha::lab {

/// For waits on conditions that come at once on a healthy machine: only a broken one meets it.
constexpr auto k_patience = std::chrono::seconds(30);

/// Why no laboratory can be made here; empty when one can.
std::string find_obstacle();

/// A network namespace.
class Host {
 public:
    Host();
    ~Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    /// Runs `body` in this thread with the host as its network.
    template <class Body>
    auto in(Body&& body) const {
        const Inside inside(*this);
        return body();
    }
    /// A shell command in the host; fails the test when the command fails.
    void run(const std::string& command) const;
    /// The same, and what it printed.
    std::string output_of(const std::string& command) const;
    /// Whether `address` is on `link` (as the system's own tool sees it), with its prefix.
    bool has(const std::string& link, const std::string& address_with_prefix) const;
    bool has_anywhere(const std::string& address) const;
    fip::Mac mac(const std::string& link) const;
    std::uint32_t index(const std::string& link) const;
    /// A path under which other programs find the namespace.
    std::string path() const;

 private:
    class Inside {
     public:
        explicit Inside(const Host& host);
        ~Inside();
        Inside(const Inside&) = delete;
        Inside& operator=(const Inside&) = delete;

     private:
        int before_ = -1;
    };
    int fd_ = -1;
};

/// One broadcast domain.
class Switch {
 public:
    Switch();
    /// A new link of the host, up, with addresses ("10.0.0.1/24"; IPv6 usable at once).
    void plug(Host& host, const std::string& link, const std::vector<std::string>& addresses);
    Host& host() { return host_; }

 private:
    Host host_;
    int ports_ = 0;
};

/// Reads all ARP or neighbour discovery frames of one link from its making on.
class Listener {
 public:
    Listener(const Host& host, const std::string& link, std::uint16_t ethertype);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    struct Heard {
        fip::Mac from;
        std::vector<std::uint8_t> payload;
    };
    /// The next frame; fails the test when none comes.
    Heard next();
    /// Frames that claim `address` and come from `mac`, until there are `count`.
    void expect_claims(const support::IpAddress& address, const fip::Mac& mac, int count);

 private:
    int fd_ = -1;
    std::uint16_t ethertype_;
};

/// The host program as a plugin sees it: keeps what it is told, answers what it is set to.
class Services final : public plugin::HostServices {
 public:
    void log(const plugin::InstanceSpec&, std::uint32_t, std::string_view text) override;
    void event(const plugin::InstanceSpec&, std::uint32_t, std::string_view name,
               std::string_view text) override;
    Instant now() override;
    bool is_epoch_valid(const plugin::InstanceSpec&, const Epoch&) override { return epoch_valid; }
    Instant not_after(const plugin::InstanceSpec&) override { return lease_end; }
    bool takes_sever_actions() override { return true; }
    Result<void> put_sever_actions(const plugin::InstanceSpec&,
                                   std::span<const ha_sever_action_t> actions) override {
        if (on_put) on_put();
        handed_over.replace(actions);
        return {};
    }

    /// The text of the first event of this name; empty if there was none.
    std::string event_text(const std::string& name);
    /// The same, waited for.
    std::string wait_for_event(const std::string& name);
    bool has_logged(const std::string& part);

    test::HandedOver handed_over;  ///< what severs without the plugin
    std::atomic<bool> epoch_valid = true;
    Instant lease_end = Instant::max();
    std::function<void(std::string_view)> on_log;
    std::function<void()> on_put;

 private:
    std::mutex mutex_;
    std::vector<std::string> lines_;
    std::vector<std::pair<std::string, std::string>> events_;
};

using Parameters = std::map<std::string, std::string>;

/// The types of the plugins under test, loaded from their shared objects.
const plugin::Registry& registry();

/// An instance of its own name, with a state directory that ends with the program.
plugin::InstanceSpec spec_of(const std::string& type, const Parameters& parameters);

/// A resource made by its plugin's shared object. Every operation has a generous deadline.
class Resource {
 public:
    Resource(const Host& host, const std::string& type, const Parameters& parameters);

    void start(std::uint32_t event = 0, const plugin::Cancellation* cancellation = nullptr);
    Result<void> try_start(std::uint32_t event = 0,
                           const plugin::Cancellation* cancellation = nullptr);
    void stop();
    Result<void> try_stop();
    plugin::ProbeAnswer probe();
    void sever();
    Services& services() { return services_; }

 private:
    plugin::Call call(std::uint32_t event, const plugin::Cancellation* cancellation);

    const Host& host_;
    Services services_;
    std::unique_ptr<plugin::ResourceInstance> instance_;
};

/// The same for a monitor; `timeout` is the check's own.
class Monitor {
 public:
    Monitor(const Host& host, const std::string& type, const Parameters& parameters);
    plugin::CheckAnswer check(Duration timeout = std::chrono::seconds(60),
                              const plugin::Cancellation* cancellation = nullptr);

 private:
    const Host& host_;
    Services services_;
    std::unique_ptr<plugin::MonitorInstance> instance_;
};

/// Waits until `condition` holds; fails the test when it does not within patience.
void wait_until(const char* what, const std::function<bool()>& condition);

}  // namespace ha::lab
