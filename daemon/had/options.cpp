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
    "usage: had --config FILE [--node NAME] [options]\n\n";

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
    add("allow-reboot", po::bool_switch(&o.may_reboot),
        "final actions may reboot or power off this machine; without it they are only logged");
    add("record", po::value(&o.record)->value_name("DIR|off"),
        "where the flight recorder keeps its files; default recordings/ in the state directory");
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
    if (values.contains("help")) {
        std::cout << k_intro << described << k_outro;
        parsed.exit_code = k_exit_ok;
    } else if (values.contains("version")) {
        std::cout << "had " HA_VERSION "\n";
        parsed.exit_code = k_exit_ok;
    }
    parsed.options.is_realtime = !values["no-realtime"].as<bool>();
    if (parsed.options.plugin_directories.empty() && ::access(HA_PLUGIN_DIRECTORY, R_OK) == 0)
        parsed.options.plugin_directories.emplace_back(HA_PLUGIN_DIRECTORY);
    return parsed;
}

}  // namespace had
