// Registry: loading, and every way in which it is refused.
#include "plugin/registry.hpp"

#include <dlfcn.h>
#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>

#include "fake_host.hpp"
#include "ha/plugin.hpp"
#include "plugin/trial.hpp"

using namespace ha;
using namespace ha::plugin;

namespace registry_cases {
namespace {

std::string module_path(const std::string& name) {
    return std::string(HA_TEST_MODULES) + "/" + name + ".so";
}

/// Why it was refused; empty when it was loaded.
std::string refusal(const std::string& path) {
    Registry registry;
    auto result = registry.load_file(path);
    return result ? "" : result.error().context;
}

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a sound plugin is loaded and its types are known") {
    Registry registry;
    REQUIRE(registry.load_file(module_path("fault_none")));
    const Type* type = registry.find(Kind::resource, "plain");
    REQUIRE(type != nullptr);
    CHECK(type->module->origin() == module_path("fault_none"));
    CHECK(registry.find(Kind::monitor, "plain") == nullptr);
    CHECK(registry.types(Kind::resource).size() == 1);
}

TEST_CASE("symbols of a plugin are not seen by others") {
    Registry registry;
    REQUIRE(registry.load_file(module_path("fault_none")));
    CHECK(dlsym(RTLD_DEFAULT, "ha_plugin_entry") == nullptr);
}

TEST_CASE("a file that is missing or no shared object is refused with its path") {
    test::TemporaryDirectory directory;
    CHECK(says(refusal(directory.file("none.so")), "no such file"));
    CHECK(says(refusal(directory.write("text.so", "hello")), "not a shared object"));
    CHECK(says(refusal(directory.write("text.so", "hello")), "text.so"));
    CHECK(says(refusal(directory.write("empty.so", "")), "not a shared object"));
    CHECK(says(refusal(directory.path()), "not a regular file"));
    CHECK(says(refusal(directory.write("cut.so", std::string("\x7f" "ELF\x02\x01", 6))),
               "not a shared object"));
}

TEST_CASE("a shared object whose end is missing is refused") {
    test::TemporaryDirectory directory;
    const auto path = directory.file("half.so");
    std::filesystem::copy_file(module_path("fault_none"), path);
    std::filesystem::resize_file(path, 4096);
    CHECK(!refusal(path).empty());
}

TEST_CASE("another ABI version is refused with both versions") {
    const auto text = refusal(module_path("fault_abi"));
    CHECK(says(text, "ABI 7.3"));
    CHECK(says(text, "this program has 1.1"));
}

TEST_CASE("a shared object without an entry is refused as no plugin") {
    CHECK(says(refusal(module_path("no_entry")), "does not export 'ha_plugin_entry'"));
}

TEST_CASE("a missing symbol is an error of loading, with its name") {
    CHECK(says(refusal(module_path("unresolved")), "ha_test_symbol_of_nobody"));
}

TEST_CASE("a plugin that crashes while it loads is refused, and this process goes on") {
    CHECK(says(refusal(module_path("fault_crash_on_load")), "killed by SIGABRT"));
    CHECK(says(refusal(module_path("fault_crash_in_init")), "killed by SIGABRT"));
    CHECK(says(refusal(module_path("fault_crash_in_deinit")), "killed by SIGABRT"));
    CHECK(says(refusal(module_path("fault_exit_on_load")), "exited with 0"));
}

TEST_CASE("a plugin whose init fails is refused with the code") {
    CHECK(says(refusal(module_path("fault_init_fails")), "init failed with code -2"));
}

TEST_CASE("a plugin with unsound data is refused with what is wrong") {
    CHECK(says(refusal(module_path("fault_no_factory")), "no factory"));
    CHECK(says(refusal(module_path("fault_bad_type_name")), "type name"));
    CHECK(says(refusal(module_path("fault_bad_default")), "default 'soon'"));
    CHECK(says(refusal(module_path("fault_no_types")), "0 types"));
    CHECK(says(refusal(module_path("fault_small_entry")), "too small"));
}

TEST_CASE("a trial that hangs is ended at its deadline") {
    const auto result = try_load(module_path("fault_none"), Duration(0));
    REQUIRE(!result);
    CHECK(result.error().code == FailureCode::timed_out);
}

TEST_CASE("a crash is told from success even when the host ignores SIGCHLD") {
    const auto before = signal(SIGCHLD, SIG_IGN);
    const auto crash = refusal(module_path("fault_crash_on_load"));
    const auto sound = refusal(module_path("fault_none"));
    signal(SIGCHLD, before);
    CHECK(says(crash, "crashed while it was loaded"));
    CHECK(sound.empty());
}

TEST_CASE("a type that is there already is refused with the place of the first") {
    Registry registry;
    REQUIRE(registry.load_file(module_path("fault_none")));
    const auto again = registry.load_file(module_path("fault_none"));
    REQUIRE(!again);
    CHECK(again.error().code == FailureCode::refused);
    CHECK(says(again.error().context, "resource type 'plain' is there already"));
    CHECK(says(again.error().context, module_path("fault_none")));
}

TEST_CASE("in a directory bad files are refused and the others load") {
    test::TemporaryDirectory directory;
    directory.write("a.so", "no");
    directory.write("ignored.txt", "no");
    std::filesystem::copy_file(module_path("fault_none"), directory.file("b.so"));
    std::filesystem::copy_file(module_path("fault_crash_on_load"), directory.file("c.so"));
    Registry registry;
    const auto report = registry.load_directory(directory.path());
    REQUIRE(report);
    CHECK(report->loaded == std::vector<std::string>{directory.file("b.so")});
    REQUIRE(report->refused.size() == 2);
    CHECK(says(report->refused[0].context, "a.so"));
    CHECK(says(report->refused[1].context, "c.so"));
    CHECK(registry.find(Kind::resource, "plain") != nullptr);
}

TEST_CASE("a directory that is missing is a failure") {
    Registry registry;
    const auto report = registry.load_directory("/nonexistent/plugins");
    REQUIRE(!report);
    CHECK(report.error().code == FailureCode::not_found);
}

TEST_CASE("an instance of an unknown type is refused with the known ones") {
    Registry registry;
    REQUIRE(registry.load_file(module_path("fault_none")));
    test::FakeServices services;
    const auto made = registry.create_resource({.type = "fip", .name = "ip1"}, services);
    REQUIRE(!made);
    CHECK(made.error().code == FailureCode::not_found);
    CHECK(says(made.error().context, "no type 'fip' is loaded; known: plain"));
}

TEST_CASE("a plugin that makes no instance is quoted") {
    Registry registry;
    REQUIRE(registry.load_file(module_path("fault_none")));
    test::TemporaryDirectory directory;
    test::FakeServices services;
    const auto made = registry.create_resource(
        {.type = "plain", .name = "one", .state_root = directory.file("state")}, services);
    REQUIRE(!made);
    CHECK(says(made.error().context, "plain 'one': this one is for loading only"));
}

TEST_CASE("a name that is no file name, or a state directory of others, is refused") {
    Registry registry;
    REQUIRE(registry.load_file(module_path("fault_none")));
    test::TemporaryDirectory directory;
    test::FakeServices services;
    for (const std::string name : {"", ".", "..", "a/b", "../../etc"}) {
        const auto made = registry.create_resource(
            {.type = "plain", .name = name, .state_root = directory.file("state")}, services);
        REQUIRE(!made);
        CHECK(says(made.error().context, "without '/'"));
    }
    std::filesystem::create_directory(directory.file("open"));
    std::filesystem::permissions(directory.file("open"), std::filesystem::perms::all);
    const auto made = registry.create_resource(
        {.type = "plain", .name = "x", .state_root = directory.file("open")}, services);
    REQUIRE(!made);
    CHECK(says(made.error().context, "others may write"));
}

}  // namespace registry_cases
