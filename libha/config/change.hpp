// Changes: what differs between two configurations, field by field, and what each difference takes.
//
// Made from the documents that both would be written as, so a field that is added to the language
// is compared without a word here.
#pragma once

#include <string>
#include <vector>

#include "config/catalog.hpp"
#include "model/spec.hpp"

namespace ha::config {

enum class Effect : std::uint8_t {
    online,          ///< takes effect at once, and interrupts nothing
    restarts_group,  ///< the group has to be stopped for it, where it runs, and starts again
    stops_group,     ///< the group has to be stopped for it, and is no more
};
const char* to_string(Effect effect) noexcept;

struct Change {
    std::string path;    ///< "groups.web.policy"
    std::string before;  ///< as JSON; empty: it was not there, or is an object of its own
    std::string after;
    Effect effect = Effect::online;
    std::string group;   ///< that it is about; empty: none
    std::string note;    ///< what else to know; empty: nothing
};

/// In the order of the document. Secrets are not shown.
std::vector<Change> changes_between(const model::ClusterSpec& from, const model::ClusterSpec& to,
                                    const TypeCatalog& types = {});

}  // namespace ha::config
