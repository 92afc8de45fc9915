// Type: what a plugin type is and which parameters it takes, as constants.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "ha/plugin/descriptor.h"

namespace ha::plugin {

enum class ParameterType : std::uint32_t {
    none = 0,
    string = HA_PARAMETER_STRING,
    integer = HA_PARAMETER_INTEGER,
    boolean = HA_PARAMETER_BOOLEAN,
    duration = HA_PARAMETER_DURATION,
    address = HA_PARAMETER_ADDRESS,
    path = HA_PARAMETER_PATH,
    list = HA_PARAMETER_LIST,
};

enum class Requirement : std::uint32_t {
    nothing = HA_REQUIRES_NOTHING,
    quorum = HA_REQUIRES_QUORUM,
    fencing = HA_REQUIRES_FENCING,
};

/// For designated initialisers; see ha_parameter_t for the meaning of each field.
struct Parameter {
    const char* name = nullptr;
    ParameterType type = ParameterType::string;
    bool required = false;
    const char* default_value = nullptr;
    std::int64_t minimum = 0;
    std::int64_t maximum = 0;
    const char* choices = nullptr;
    ParameterType item_type = ParameterType::none;
    bool secret = false;
    const char* help = "";
};

/// `sever_bound` above zero says that the type can sever; see ha_descriptor_t.
struct TypeInfo {
    const char* name = nullptr;
    const char* version = "1";
    const char* summary = "";
    Requirement requirement = Requirement::nothing;
    std::chrono::nanoseconds sever_bound{0};
    std::span<const Parameter> parameters;
};

}  // namespace ha::plugin
