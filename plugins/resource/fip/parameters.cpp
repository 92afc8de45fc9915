// The parameters of a floating address: reading them.
#include "resource/fip/parameters.hpp"

namespace ha::fip {

Settings read_settings(const plugin::Parameters& parameters) {
    Settings settings;
    const auto mistake =
        place_address(parameters.string("address"),
                      parameters.has("interface") ? parameters.string("interface") : std::string(),
                      parameters.has("prefix") ? parameters.integer("prefix") : -1, settings);
    if (mistake) throw parameters.wrong(mistake->parameter, mistake->advice);
    settings.announce_count = static_cast<unsigned>(parameters.integer("announce_count"));
    settings.announce_interval = parameters.duration("announce_interval");
    settings.duplicate_check = parameters.boolean("duplicate_check");
    settings.check_timeout = parameters.duration("duplicate_check_timeout");
    settings.handover_timeout = parameters.duration("duplicate_check_timeout_handover");
    settings.check_retries = static_cast<unsigned>(parameters.integer("duplicate_check_retries"));
    settings.check_interval = parameters.duration("duplicate_check_interval");
    settings.force = parameters.boolean("force");
    settings.link_down_is_failure = parameters.boolean("link_down_is_failure");
    return settings;
}

}  // namespace ha::fip
