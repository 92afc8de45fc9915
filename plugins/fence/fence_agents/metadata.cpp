// Metadata: what an agent says about itself, in XML.
#include "metadata.hpp"

#include <expat.h>

#include <memory>

#include "ha/plugin/failure.hpp"

namespace ha::fence_agents {
namespace {

using plugin::Error;
using plugin::ErrorCode;

constexpr int k_depth_max = 32;

/// Filled by the parser while it reads.
struct Reading {
    Metadata metadata;
    XML_Parser parser = nullptr;
    std::string option;      ///< whose element is open
    std::string obsoletes;
    bool is_required = false;
    bool has_default = false;
    int depth = 0;
    bool is_too_deep = false;
};

std::string attribute(const XML_Char** all, std::string_view name) {
    for (; all[0] != nullptr; all += 2)
        if (name == all[0]) return all[1];
    return {};
}

bool has_attribute(const XML_Char** all, std::string_view name) {
    for (; all[0] != nullptr; all += 2)
        if (name == all[0]) return true;
    return false;
}

void on_start(void* data, const XML_Char* name, const XML_Char** attributes) {
    auto& reading = *static_cast<Reading*>(data);
    if (++reading.depth > k_depth_max) {
        reading.is_too_deep = true;
        XML_StopParser(reading.parser, XML_FALSE);
        return;
    }
    const std::string_view element(name);
    if (element == "resource-agent") {
        reading.metadata.agent = attribute(attributes, "name");
    } else if (element == "parameter") {
        reading.option = attribute(attributes, "name");
        reading.obsoletes = attribute(attributes, "obsoletes");
        reading.is_required = attribute(attributes, "required") == "1";
        reading.has_default = false;
    } else if (element == "content" && !reading.option.empty()) {
        reading.has_default = has_attribute(attributes, "default");
    } else if (element == "action") {
        reading.metadata.actions.insert(attribute(attributes, "name"));
    }
}

void on_end(void* data, const XML_Char* name) {
    auto& reading = *static_cast<Reading*>(data);
    reading.depth--;
    if (std::string_view(name) != "parameter" || reading.option.empty()) return;
    reading.metadata.options[reading.option] = {reading.is_required && !reading.has_default,
                                                std::move(reading.obsoletes)};
    reading.option.clear();
}

/// No agent describes itself with entities; they could make a small text endless.
void on_entity(void* data, const XML_Char*, int, const XML_Char*, int, const XML_Char*,
               const XML_Char*, const XML_Char*, const XML_Char*) {
    XML_StopParser(static_cast<Reading*>(data)->parser, XML_FALSE);
}

}  // namespace

Metadata parse_metadata(std::string_view xml) {
    Reading reading;
    const std::unique_ptr<XML_ParserStruct, void (*)(XML_Parser)> parser(XML_ParserCreate(nullptr),
                                                                        &XML_ParserFree);
    if (!parser) throw Error(ErrorCode::limit, "out of memory");
    reading.parser = parser.get();
    XML_SetUserData(parser.get(), &reading);
    XML_SetElementHandler(parser.get(), &on_start, &on_end);
    XML_SetEntityDeclHandler(parser.get(), &on_entity);
    if (XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), XML_TRUE) !=
        XML_STATUS_OK) {
        const auto why = reading.is_too_deep
                             ? "it is nested too deeply"
                             : XML_ErrorString(XML_GetErrorCode(parser.get()));
        throw Error(ErrorCode::invalid,
                    "its metadata is no sound XML: line " +
                        std::to_string(XML_GetCurrentLineNumber(parser.get())) + ": " + why);
    }
    if (reading.metadata.agent.empty() || reading.metadata.options.empty())
        throw Error(ErrorCode::invalid, "its metadata describes no agent with options");
    return std::move(reading.metadata);
}

}  // namespace ha::fence_agents
