// Types for tests of the configuration, as a plugin would describe them.
#pragma once

#include "config/catalog.hpp"

namespace ha::config {

inline const ha_parameter_t k_test_address{sizeof(ha_parameter_t), HA_PARAMETER_ADDRESS,
                                           HA_PARAMETER_REQUIRED, 0, 0, 0, "address", nullptr,
                                           nullptr, "The address."};
inline const ha_parameter_t k_test_wait{sizeof(ha_parameter_t), HA_PARAMETER_DURATION, 0, 0,
                                        1'000'000, 60'000'000'000, "wait", "1s", nullptr, "Wait."};
inline const ha_parameter_t k_test_codes{sizeof(ha_parameter_t), HA_PARAMETER_LIST, 0,
                                         HA_PARAMETER_INTEGER, 0, 3, "codes", nullptr, nullptr,
                                         "Codes."};
inline const ha_parameter_t k_test_secret{sizeof(ha_parameter_t), HA_PARAMETER_STRING,
                                          HA_PARAMETER_SECRET, 0, 1, 8, "password", nullptr,
                                          nullptr, "Password."};
inline const ha_parameter_t k_test_mode{sizeof(ha_parameter_t), HA_PARAMETER_STRING, 0, 0, 0, 0,
                                        "mode", "sync", "sync|async", "Mode."};
inline const ha_parameter_t* const k_test_parameters[] = {&k_test_address, &k_test_wait,
                                                          &k_test_codes, &k_test_secret,
                                                          &k_test_mode};
inline const ha_parameter_t k_test_resource{sizeof(ha_parameter_t), HA_PARAMETER_STRING,
                                            HA_PARAMETER_REQUIRED, 0, 1, 64, "resource", nullptr,
                                            nullptr, "Whose process is watched."};
inline const ha_parameter_t* const k_test_pidw_parameters[] = {&k_test_resource};
inline const ha_descriptor_t k_test_fip{sizeof(ha_descriptor_t), HA_KIND_RESOURCE,
                                        HA_REQUIRES_QUORUM, 0, 0, "fip", "1", "A floating address.",
                                        k_test_parameters, 5, 0};
inline const ha_descriptor_t k_test_exec{sizeof(ha_descriptor_t), HA_KIND_RESOURCE,
                                         HA_REQUIRES_QUORUM, 0, 0, "exec", "1", "A command.",
                                         nullptr, 0, 0};
inline const ha_descriptor_t k_test_pidw{sizeof(ha_descriptor_t), HA_KIND_MONITOR,
                                         HA_REQUIRES_NOTHING, 0, 0, "pidw", "1", "A process.",
                                         k_test_pidw_parameters, 1, 0};

inline TypeCatalog test_types() {
    TypeCatalog types;
    types.find = [](std::uint32_t kind, const std::string& name) -> const ha_descriptor_t* {
        for (const auto* one : {&k_test_fip, &k_test_exec, &k_test_pidw})
            if (one->kind == kind && name == one->type_name) return one;
        return nullptr;
    };
    types.names = [](std::uint32_t kind) -> std::vector<std::string> {
        if (kind == HA_KIND_MONITOR) return {"pidw"};
        return {"exec", "fip"};
    };
    return types;
}

}  // namespace ha::config
