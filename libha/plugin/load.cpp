// Module: one plugin file in memory.
//
// Boost.DLL does the opening; libraries are bound at once (a missing symbol is an error of loading,
// not a crash at three in the morning) and locally (no plugin sees another one's symbols).
#define BOOST_DLL_USE_STD_FS
#include "plugin/load.hpp"

#include <boost/dll/shared_library.hpp>
#include <dlfcn.h>

#include <string>
#include <system_error>

#include "ha/plugin/entry.h"
#include "plugin/check.hpp"

namespace ha::plugin {

struct Module::Library {
    boost::dll::shared_library file;
};

Module::Module(std::string origin) : origin_(std::move(origin)) {}

Module::~Module() {
    if (deinit_ != nullptr) deinit_();
}

Result<void> Module::open_entry() {
    const auto no = [&](FailureCode code, const std::string& why) {
        return failure(code, "plugin " + origin_ + ": " + why);
    };
    if (!library_->file.has(HA_PLUGIN_ENTRY_SYMBOL))
        return no(FailureCode::invalid,
                  "a shared object, but no plugin: it does not export '" HA_PLUGIN_ENTRY_SYMBOL
                  "'");
    const auto* entry = &library_->file.get<const ha_plugin_entry_t>(HA_PLUGIN_ENTRY_SYMBOL);
    if (entry->abi_major != HA_PLUGIN_ABI_MAJOR)
        return no(FailureCode::invalid,
                  "built for plugin ABI " + std::to_string(entry->abi_major) + "." +
                      std::to_string(entry->abi_minor) + ", this program has " +
                      std::to_string(HA_PLUGIN_ABI_MAJOR) + "." +
                      std::to_string(HA_PLUGIN_ABI_MINOR) + "; the major numbers must be equal");
    if (!HA_HAS_FIELD(entry, ha_plugin_entry_t, get_factory) || entry->get_factory == nullptr)
        return no(FailureCode::invalid, "its entry is too small or has no get_factory");
    if (entry->init != nullptr) {
        const std::int32_t code = entry->init(origin_.c_str());
        if (code != HA_OK)
            return no(FailureCode::unavailable,
                      "its init failed with code " + std::to_string(code));
    }
    deinit_ = entry->deinit;
    factory_ = static_cast<const ha_plugin_factory_t*>(entry->get_factory(HA_PLUGIN_FACTORY_ID));
    return check_factory(factory_, origin_);
}

Result<std::shared_ptr<const Module>> Module::load(const std::string& path) {
    std::shared_ptr<Module> module(new Module(path));
    module->library_ = std::make_unique<Library>();
    std::error_code error;
    dlerror();
    module->library_->file.load(
        path, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local, error);
    if (error) {
        const char* text = dlerror();
        return failure(FailureCode::invalid, "plugin " + path + ": " +
                                                 (text == nullptr ? error.message() : text));
    }
    if (auto opened = module->open_entry(); !opened) return opened.error();
    return std::shared_ptr<const Module>(std::move(module));
}

Result<std::shared_ptr<const Module>> Module::adopt(const ha_plugin_factory_t* factory,
                                                    const std::string& origin) {
    if (auto checked = check_factory(factory, origin); !checked) return checked.error();
    std::shared_ptr<Module> module(new Module(origin));
    module->factory_ = factory;
    return std::shared_ptr<const Module>(std::move(module));
}

}  // namespace ha::plugin
