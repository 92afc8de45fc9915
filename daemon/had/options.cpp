// Options of had: the command line.
#include "options.hpp"

#include <unistd.h>

#include <boost/program_options.hpp>
#include <iostream>

#include "exit_code.hpp"

namespace had {

namespace {

namespace po = boost::program_options;

constexpr const char* k_intro =
    "had runs one node of a cluster: it reads the configuration, takes part, and starts and stops\n"
    "what the cluster gives to this node.\n\n"
    "usage: had --config FILE [--node NAME] [options]\n"
    "       had --witness --listen ADDRESS:PORT --keys DIR [options]\n\n";

constexpr const char* k_outro =
    "\nTERM or INT: hand everything over and stop; a second one: stop at once, and leave what runs "
    "here\nrunning for the next had.\n"
    "\nexit codes: 0 left the cluster; 1 cannot start or go on; 2 wrong command line; 3 wrong "
    "configuration;\n4 stopped at once by a second signal; 5 stopped by a final action\n";

std::string host_name() {
    char name[256] = "";
    ::gethostname(name, sizeof name - 1);
    return name;
}

po::options_description describe(Options& o) {
    po::options_description all("options");
    auto add = all.add_options();
    add("config", po::value(&o.config)->default_value(o.config)->value_name("FILE"),
        "the configuration");
    add("node", po::value(&o.node)->default_value(host_name())->value_name("NAME"),
        "which node of it this is");
    add("key-file", po::value(&o.key_file)->default_value(o.key_file)->value_name("FILE"),
        "the cluster's keys, mode 0600; made by 'hactl key new'");
    add("state-dir", po::value(&o.state_directory)->value_name("DIR"),
        "what survives a power cut; default /var/lib/ha/CLUSTER-NODE");
    add("run-dir", po::value(&o.run_directory)->value_name("DIR"),
        "what ends with the boot; default /run/ha/CLUSTER-NODE");
    add("plugin-dir", po::value(&o.plugin_directories)->composing()->value_name("DIR"),
        "where plugins are; may be given several times; default " HA_PLUGIN_DIRECTORY);
    add("socket", po::value(&o.socket)->default_value(o.socket)->value_name("PATH"),
        "the management socket, for hactl");
    add("leave-within", po::value<std::uint32_t>()->default_value(150)->value_name("SECONDS"),
        "after TERM, and when told to stop: so long may handing over take; then had stops at once. "
        "0: as long as it takes");
    add("witness", po::bool_switch(&o.is_witness),
        "be no node but the witness of many clusters; of the options above, --state-dir counts");
    add("listen", po::value(&o.listen)->composing()->value_name("ADDRESS:PORT"),
        "witness: where it is asked; may be given several times");
    add("keys", po::value(&o.key_directory)->default_value(o.key_directory)->value_name("DIR"),
        "witness: the key file of each cluster, as NAME.key, mode 0600");
    add("light", po::bool_switch(&o.is_light),
        "witness: keep no sealed copies for nodes that are behind");
    add("rate", po::value(&o.rate_max)->default_value(o.rate_max)->value_name("N"),
        "witness: datagrams a second taken from one cluster");
    add("kept-max", po::value(&o.kept_mib_max)->default_value(o.kept_mib_max)->value_name("MIB"),
        "witness: bound of all sealed copies together");
    add("allow-reboot", po::bool_switch(&o.may_reboot),
        "final actions and 'hactl cluster reboot' may take this machine down; without it that is "
        "only logged");
    add("guard", po::value(&o.guard)->default_value(o.guard)->value_name("auto|off|PATH"),
        "the process that makes resources harmless at the lease's end when had is stopped or dead; "
        "auto: ha-guard beside had");
    add("watchdog", po::value(&o.watchdog)->value_name("PATH"),
        "a device such as /dev/watchdog, held by ha-guard: resets this machine when the lease is "
        "over and a group that requires fencing may still run");
    add("watchdog-timeout", po::value(&o.watchdog_timeout_s)
            ->default_value(o.watchdog_timeout_s)->value_name("SECONDS"),
        "how long after it was fed last");
    add("watchdog-pretimeout", po::value(&o.watchdog_pretimeout_s)
            ->default_value(o.watchdog_pretimeout_s)->value_name("SECONDS"),
        "so long before that the kernel is to say what it sees, where the device can; 0: not");
    add("self-fence", po::value(&o.self_fence)
            ->default_value(o.self_fence)->value_name("fencing|always"),
        "when the watchdog is armed: while a group that requires fencing is here, or any group");
    add("record", po::value(&o.record)->value_name("DIR|off"),
        "where the flight recorder keeps its files; default recordings/ in the state directory");
    add("hold-version", po::value(&o.hold_version)->value_name("N"),
        "take part as software that knows versions up to N: keeps the cluster from being raised");
    add("record-size", po::value(&o.record_mib)->default_value(o.record_mib)->value_name("MIB"),
        "mebibytes of all recordings; the oldest make room for the newest");
    add("no-realtime", po::bool_switch(), "do not ask for real-time priority");
    add("boot-id", po::value(&o.boot_id)->value_name("UUID"),
        "tests: pretend that the machine has booted anew");
    add("verbose", po::bool_switch(&o.is_verbose), "log debug lines and events as well");
    add("version", "print the version");
    add("help", "print this");
    return all;
}

}  // namespace

namespace {

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

/// Beside had as it was called, else beside its file, else where it is installed. The last of
/// these is named also when nothing is there: the status then says what is missing.
std::string find_guard(const std::string& given, const char* called) {
    if (given == "off") return {};
    if (given != "auto") return given;
    char file[4096];
    const auto size = ::readlink("/proc/self/exe", file, sizeof file);
    const std::string own(file, size > 0 ? static_cast<std::size_t>(size) : 0);
    for (const auto& folder : {folder_of(called), folder_of(own)}) {
        const auto path = folder + "ha-guard";
        if (!folder.empty() && ::access(path.c_str(), X_OK) == 0) return path;
    }
    return HA_PROGRAM_DIRECTORY "/ha-guard";
}

}  // namespace

Parsed parse_options(int argc, char** argv) {
    Parsed parsed;
    auto described = describe(parsed.options);
    po::variables_map values;
    try {
        po::store(po::command_line_parser(argc, argv)
                      .options(described)
                      .positional({})
                      .style(po::command_line_style::unix_style &
                             ~po::command_line_style::allow_guessing)
                      .run(),
                  values);
        po::notify(values);
    } catch (const po::error& error) {
        std::cerr << "had: " << error.what() << "\nTry 'had --help'.\n";
        parsed.exit_code = k_exit_usage;
        return parsed;
    }
    const auto& fence = parsed.options.self_fence;
    if (fence != "fencing" && fence != "always") {
        std::cerr << "had: --self-fence is '" << fence << "'; it must be fencing or always\n";
        parsed.exit_code = k_exit_usage;
        return parsed;
    }
    if (values.contains("help")) {
        std::cout << k_intro << described << k_outro;
        parsed.exit_code = k_exit_ok;
    } else if (values.contains("version")) {
        std::cout << "had " HA_VERSION "\n";
        parsed.exit_code = k_exit_ok;
    }
    if (!parsed.exit_code && parsed.options.is_witness && parsed.options.listen.empty()) {
        std::cerr << "had: a witness needs --listen ADDRESS:PORT\nTry 'had --help'.\n";
        parsed.exit_code = k_exit_usage;
    }
    parsed.options.leave_within = std::chrono::seconds(values["leave-within"].as<std::uint32_t>());
    parsed.options.is_realtime = !values["no-realtime"].as<bool>();
    parsed.options.guard = find_guard(parsed.options.guard, argc > 0 ? argv[0] : "");
    if (parsed.options.plugin_directories.empty() && ::access(HA_PLUGIN_DIRECTORY, R_OK) == 0)
        parsed.options.plugin_directories.emplace_back(HA_PLUGIN_DIRECTORY);
    return parsed;
}

}  // namespace had
