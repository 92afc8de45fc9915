// Contract: the checks and the catch that stand between a C call and a C++ method.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "ha/plugin/context.hpp"
#include "ha/plugin/failure.hpp"
#include "ha/plugin/operation.hpp"

namespace ha::plugin::detail {

/// Runs `body`; what it throws becomes a code, and its sentence goes to `set_error(const char*)`.
template <class Body, class SetError>
std::int32_t stop_exceptions(Body&& body, SetError&& set_error) noexcept {
    try {
        body();
        return HA_OK;
    } catch (const Error& error) {
        set_error(error.what());
        return static_cast<std::int32_t>(error.code());
    } catch (const std::bad_alloc&) {
        set_error("out of memory");
        return HA_ERROR_LIMIT;
    } catch (const std::exception& error) {
        set_error(error.what());
        return HA_ERROR_IO;
    } catch (...) {
        set_error("the plugin threw something that is no std::exception");
        return HA_ERROR_CONTRACT;
    }
}

/// What every instance carries beside its object: the host, and whether an operation runs.
struct InstanceState {
    const ha_host_t* host = nullptr;
    const char* type_name = "";
    std::string name;
    std::atomic<bool> is_busy{false};
};

inline std::int32_t blame_host(const InstanceState& state, const ha_operation_t* operation,
                               const char* deed) noexcept {
    char text[HA_LIMIT_ERROR_BYTES + 1];
    std::snprintf(text, sizeof(text), "host broke the contract of %s '%s': %s", state.type_name,
                  state.name.c_str(), deed);
    state.host->log(state.host, HA_SEVERITY_ERROR, text);
    if (operation != nullptr && operation->set_error != nullptr)
        operation->set_error(operation, text);
    return HA_ERROR_CONTRACT;
}

/// Null when the host kept the contract for this struct, else what it did wrong.
inline const char* find_fault(const ha_operation_t* operation, std::uint32_t kind) noexcept {
    if (operation == nullptr) return "called without an operation";
    if (!HA_HAS_FIELD(operation, ha_operation_t, set_error)) return "operation struct is too small";
    if (operation->is_cancelled == nullptr || operation->set_error == nullptr)
        return "operation lacks a function";
    if (operation->kind != kind) return "operation kind is not the function called";
    if (operation->deadline_ns <= 0) return "operation has no deadline";
    return nullptr;
}

/// One operation that is exclusive with all others of its instance.
template <class Body>
std::int32_t run_exclusive(InstanceState& state, const ha_operation_t* operation,
                           std::uint32_t kind, Body&& body) noexcept {
    if (const char* fault = find_fault(operation, kind)) return blame_host(state, operation, fault);
    if (state.is_busy.exchange(true))
        return blame_host(state, operation, "two operations of one instance at a time");
    const auto result = stop_exceptions(
        [&] { body(Operation(operation, state.host)); },
        [&](const char* text) { operation->set_error(operation, text); });
    state.is_busy.store(false);
    return result;
}

/// One operation that may come at any moment.
template <class Body>
std::int32_t run_any_time(InstanceState& state, const ha_operation_t* operation,
                          std::uint32_t kind, Body&& body) noexcept {
    if (const char* fault = find_fault(operation, kind)) return blame_host(state, operation, fault);
    return stop_exceptions([&] { body(Operation(operation, state.host)); },
                           [&](const char* text) { operation->set_error(operation, text); });
}

}  // namespace ha::plugin::detail
