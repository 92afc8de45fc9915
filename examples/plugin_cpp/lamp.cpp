// A plugin in C++: the resource "lamp" is a file that says on or off; the monitor "lampw" reads it.
#include <fstream>
#include <ha/plugin.hpp>
#include <string>

namespace {

using namespace ha::plugin;

std::string read_lamp(const std::string& path) {
    std::string state = "off";
    std::ifstream(path) >> state;
    return state;
}

constexpr Parameter k_lamp_parameters[] = {
    {.name = "path", .type = ParameterType::path, .required = true, .help = "The lamp."},
    {.name = "colour", .default_value = "white", .choices = "white|red", .help = "Its colour."},
};

class Lamp final : public Resource {
   public:
    static constexpr TypeInfo k_type{.name = "lamp",
                                     .version = "1.0",
                                     .summary = "A lamp that is on where the group runs.",
                                     .requirement = Requirement::quorum,
                                     .sever_bound = std::chrono::milliseconds(1),
                                     .parameters = k_lamp_parameters};

    explicit Lamp(const Context& context)
        : host_(context.host()),
          path_(context.parameters().path("path")),
          colour_(context.parameters().string("colour")) {}

    void start(const Operation& operation) override {
        if (!host_.is_valid(operation.epoch()))
            throw Error(ErrorCode::refused, "another node has the group by now");
        write("on " + colour_);
        host_.event(Severity::info, "lamp_lit", path_ + " shines " + colour_);
    }
    void stop(const Operation&) override { write("off"); }
    Status probe(const Operation&) override {
        return read_lamp(path_) == "on" ? Status::online : Status::offline;
    }
    void sever(const Operation&) override { write("off"); }

   private:
    void write(const std::string& state) {
        std::ofstream file(path_);
        if (!(file << state << std::endl)) throw system_error("write " + path_);
    }

    Host host_;
    std::string path_;
    std::string colour_;
};

class LampMonitor final : public Monitor {
   public:
    static constexpr Parameter k_parameters[] = {
        {.name = "path", .type = ParameterType::path, .required = true, .help = "The lamp."}};
    static constexpr TypeInfo k_type{.name = "lampw",
                                     .version = "1.0",
                                     .summary = "Looks whether a lamp is on.",
                                     .parameters = k_parameters};

    explicit LampMonitor(const Context& context) : path_(context.parameters().path("path")) {}

    Verdict check(const Operation&) override {
        return read_lamp(path_) == "on" ? Verdict::ok() : Verdict::bad(path_ + " is off");
    }

   private:
    std::string path_;
};

}  // namespace

HA_PLUGIN_ENTRY(Lamp, LampMonitor);
