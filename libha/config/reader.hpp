// Reader: one object of the document, read field by field as the table says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"
#include "config/fields.hpp"
#include "config/words.hpp"

namespace ha::config {

/// A name in a list, with its place.
struct NameAt {
    std::string name;
    Place place;
    std::string path;
};

/// Reports what is wrong and gives the default instead, so that one pass finds everything.
class Reader {
   public:
    /// Reports unknown fields and missing required ones. `value` outlives the reader.
    Reader(const Value& value, const Section& section, std::string path, Problems& problems);
    /// Of an object that another reader has reported about.
    struct Quiet {};
    Reader(const Value& value, const Section& section, std::string path, Problems& problems, Quiet)
        : value_(value), section_(section), path_(std::move(path)), problems_(problems) {}

    const Value* find(std::string_view name) const;
    Place place() const { return value_.place; }
    /// Of the field when it is there, else of the object.
    Place place_of(std::string_view name) const;
    std::string path_of(std::string_view name) const;
    const std::string& path() const { return path_; }

    std::string text(std::string_view name) const;
    Duration duration(std::string_view name, Duration absent) const;
    Duration duration(std::string_view name) const;
    std::uint32_t integer(std::string_view name, std::uint32_t absent) const;
    std::uint32_t integer(std::string_view name) const;
    std::int32_t signed_integer(std::string_view name) const;
    std::uint64_t large_integer(std::string_view name) const;  ///< 0 when absent
    bool boolean(std::string_view name) const;
    std::vector<NameAt> names(std::string_view name) const;
    /// Only objects; others are reported. Null when absent or wrong.
    const Value* object(std::string_view name) const;

    template <class Enum>
    Enum choice(std::string_view name, Enum absent) const {
        const auto word = word_for(name);
        return word ? enum_of<Enum>(*word).value_or(absent) : absent;
    }
    template <class Enum>
    Enum choice(std::string_view name) const {
        return choice(name, *enum_of<Enum>(field(name).default_value));
    }

    void error(std::string_view name, std::string text) const;
    void warning(std::string_view name, std::string text) const;
    Problems& problems() const { return problems_; }

   private:
    const Field& field(std::string_view name) const;
    std::optional<std::int64_t> number(const Field& field, const Value& value) const;
    std::optional<std::string> word_for(std::string_view name) const;

    const Value& value_;
    const Section& section_;
    std::string path_;
    Problems& problems_;
};

/// "groups.web" and "policy" make "groups.web.policy".
std::string join_path(const std::string& path, std::string_view name);
/// What is wrong with a name as such; empty when it is right.
std::string flaw_of_name(std::string_view name);
/// Reports and says false when the value is no object.
bool require_object(const Value& value, const std::string& path, Problems& problems);

}  // namespace ha::config
