// Documents: JSON text as a tree of values that know where they stand.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/problem.hpp"

namespace ha::config {

inline constexpr std::size_t k_limit_document_depth = 16;
inline constexpr std::size_t k_limit_document_values = 500'000;

struct Member;

struct Value {
    enum class Kind { null, boolean, number, text, list, object };
    Kind kind = Kind::null;
    Place place;
    std::string text;             ///< of a text: its content; of number and boolean: as written
    std::vector<Value> items;     ///< of a list
    std::vector<Member> members;  ///< of an object, in order of appearance, names unique

    const Value* find(std::string_view name) const;
};

struct Member {
    std::string name;
    Place place;                  ///< of the name
    Value value;
};

/// What the value is and what it holds, for errors: "the number 5", "'web'", "a list".
std::string describe_value(const Value& value);

/// Null, with at least one error, when the text is no JSON. A name that is written twice in one
/// object is an error too, and the first one is kept.
std::unique_ptr<Value> parse_document(std::string_view text, Problems& problems);

}  // namespace ha::config
