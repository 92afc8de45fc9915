// Problems of a configuration document: what is wrong, where it stands, and what would be right.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ha::config {

/// Of a character in the document, both from 1; columns count bytes.
struct Place {
    std::size_t line = 0;
    std::size_t column = 0;
    auto operator<=>(const Place&) const = default;
};

struct Problem {
    Place place;
    std::string path;   ///< of the field, such as "groups.web.policy[1]"; empty: the document
    std::string text;   ///< names the offending value and what would be right
    bool operator==(const Problem&) const = default;
};

/// More than this many say no more about a document.
inline constexpr std::size_t k_limit_problems = 100;

/// What was found in one document, in order of place.
class Problems {
   public:
    void error(Place place, std::string path, std::string text);
    void warning(Place place, std::string path, std::string text);
    bool has_errors() const { return !errors_.empty(); }
    const std::vector<Problem>& errors() const { return errors_; }
    const std::vector<Problem>& warnings() const { return warnings_; }
    void sort();

   private:
    std::vector<Problem> errors_;
    std::vector<Problem> warnings_;
};

/// "cluster.json:12:20: nodes.a.lan0: ...".
std::string describe(const Problem& problem, std::string_view file);
/// One line each.
std::string describe(const std::vector<Problem>& problems, std::string_view file);

/// The known name that was probably meant; empty when none is near.
std::string nearest(std::string_view name, const std::vector<std::string>& known);
/// "; did you mean 'x'?" or "; known are: a, b, c", for the end of a sentence.
std::string advise_name(std::string_view name, const std::vector<std::string>& known);
/// A value as errors show it: quoted, and cut when it is long.
std::string in_quotes(std::string_view text);

}  // namespace ha::config
