// noop: a resource that does nothing, so that what is measured is the cluster and not the resource.
#include <ctime>
#include <fstream>
#include <ha/plugin.hpp>
#include <string>

namespace {

using namespace ha::plugin;

constexpr Parameter k_parameters[] = {
    {.name = "mark",
     .type = ParameterType::path,
     .help = "File that gets a line with the monotonic clock's nanoseconds at each start."},
};

class Noop final : public Resource {
   public:
    static constexpr TypeInfo k_type{.name = "noop",
                                     .version = "1.0",
                                     .summary = "Does nothing, for measurements.",
                                     .requirement = Requirement::quorum,
                                     .sever_bound = std::chrono::milliseconds(1),
                                     .parameters = k_parameters};

    explicit Noop(const Context& context)
        : mark_(context.parameters().has("mark") ? context.parameters().path("mark") : "") {}

    void start(const Operation&) override {
        is_online_ = true;
        if (mark_.empty()) return;
        timespec now{};
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        std::ofstream file(mark_, std::ios::app);
        const long long now_ns = now.tv_sec * 1'000'000'000LL + now.tv_nsec;
        if (!(file << now_ns << std::endl)) throw system_error("write " + mark_);
    }
    void stop(const Operation&) override { is_online_ = false; }
    Status probe(const Operation&) override {
        return is_online_ ? Status::online : Status::offline;
    }
    void sever(const Operation&) override { is_online_ = false; }

   private:
    std::string mark_;
    bool is_online_ = false;
};

}  // namespace

HA_PLUGIN_ENTRY(Noop);
