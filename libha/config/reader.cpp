// Reader: fields of one object, checked against the table.
#include "config/reader.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "ha/plugin/values.hpp"

namespace ha::config {

namespace {

const char* expected_of(FieldType type) {
    switch (type) {
        case FieldType::text:
        case FieldType::choice:
        case FieldType::address: return "a text in double quotes";
        case FieldType::integer: return "a whole number";
        case FieldType::boolean: return "true or false";
        case FieldType::duration:
            return "a text with a whole number and its unit (ns, us, ms, s, min, h, d), such as "
                   "\"5s\"";
        case FieldType::names: return "a list of names, such as [\"a\", \"b\"]";
        case FieldType::texts: return "a list of texts, such as [\"a\", \"b\"]";
        case FieldType::object: return "an object, {...}";
        case FieldType::objects: return "a list of objects, [{...}, {...}]";
    }
    return "";
}

std::string list_words(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
}

std::string show_duration(std::int64_t ns) {
    return plugin::format_duration(std::chrono::nanoseconds(ns));
}

}  // namespace

std::string join_path(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : path + "." + std::string(name);
}

std::string flaw_of_name(std::string_view name) {
    const auto is_letter_or_digit = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    if (name.empty()) return "a name must not be empty";
    if (name.size() > k_limit_name_bytes)
        return "the name " + in_quotes(name) + " has " + std::to_string(name.size()) +
               " characters; at most " + std::to_string(k_limit_name_bytes) + " are allowed";
    for (const char c : name)
        if (!is_letter_or_digit(c) && c != '-' && c != '_' && c != '.')
            return "the name " + in_quotes(name) +
                   " must consist of letters, digits, '-', '_' and '.'";
    if (!is_letter_or_digit(name.front()))
        return "the name " + in_quotes(name) + " must begin with a letter or digit";
    return {};
}

bool require_object(const Value& value, const std::string& path, Problems& problems) {
    if (value.kind == Value::Kind::object) return true;
    problems.error(value.place, path,
                   describe_value(value) + " stands here; it must be an object, {...}");
    return false;
}

Reader::Reader(const Value& value, const Section& section, std::string path, Problems& problems)
    : value_(value), section_(section), path_(std::move(path)), problems_(problems) {
    HA_ASSERT(value.kind == Value::Kind::object);
    for (const auto& member : value.members) {
        if (find_field(section, member.name) != nullptr) continue;
        auto advice = advise_name(member.name, field_names(section));
        if (find_field(section, "parameters") != nullptr && nearest(member.name,
                                                                    field_names(section)).empty())
            advice = "; a parameter of the type stands in \"parameters\": {...}" + advice;
        problems.error(member.place, path_, "unknown field " + in_quotes(member.name) + advice);
    }
    for (const auto& field : section.fields)
        if (field.is_required && value.find(field.name) == nullptr)
            problems.error(value.place, path_,
                           "the field '" + std::string(field.name) + "' is missing: " + field.help);
}

const Field& Reader::field(std::string_view name) const {
    const auto* field = find_field(section_, name);
    HA_ASSERT(field != nullptr);
    return *field;
}

const Value* Reader::find(std::string_view name) const { return value_.find(name); }

Place Reader::place_of(std::string_view name) const {
    const auto* value = find(name);
    return value != nullptr ? value->place : value_.place;
}

std::string Reader::path_of(std::string_view name) const { return join_path(path_, name); }

void Reader::error(std::string_view name, std::string text) const {
    problems_.error(place_of(name), path_of(name), std::move(text));
}

void Reader::warning(std::string_view name, std::string text) const {
    problems_.warning(place_of(name), path_of(name), std::move(text));
}

std::string Reader::text(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr) return {};
    const auto& f = field(name);
    if (value->kind != Value::Kind::text) {
        error(name, describe_value(*value) + " is wrong here; it must be " + expected_of(f.type));
        return {};
    }
    const auto size = static_cast<std::int64_t>(value->text.size());
    if (f.maximum != 0 && (size < f.minimum || size > f.maximum))
        error(name, in_quotes(value->text) + " has " + std::to_string(size) +
                        " characters; it must have " + std::to_string(f.minimum) + " to " +
                        std::to_string(f.maximum));
    return value->text;
}

std::optional<std::int64_t> Reader::number(const Field& f, const Value& value) const {
    const bool is_duration = f.type == FieldType::duration;
    const bool is_kind = value.kind == (is_duration ? Value::Kind::text : Value::Kind::number);
    std::optional<std::int64_t> number;
    if (is_kind && is_duration) {
        if (const auto duration = plugin::parse_duration(value.text)) number = duration->count();
    } else if (is_kind) {
        number = plugin::parse_integer(value.text);
    }
    if (!number) {
        std::string text = describe_value(value);
        if (is_duration && value.kind == Value::Kind::number) text += " has no unit";
        error(f.name, text + (text.ends_with("unit") ? "; " : " is wrong here; ") + "it must be " +
                          expected_of(f.type));
        return {};
    }
    if (*number >= f.minimum && *number <= f.maximum) return number;
    const auto range = is_duration
                           ? show_duration(f.minimum) + " to " + show_duration(f.maximum)
                           : std::to_string(f.minimum) + " to " + std::to_string(f.maximum);
    error(f.name, describe_value(value) + " is out of range; it must be " + range);
    return {};
}

Duration Reader::duration(std::string_view name, Duration absent) const {
    const auto* value = find(name);
    if (value == nullptr) return absent;
    return Duration(number(field(name), *value).value_or(absent.count()));
}

Duration Reader::duration(std::string_view name) const {
    return duration(name, table_duration(field(name).default_value));
}

std::uint32_t Reader::integer(std::string_view name, std::uint32_t absent) const {
    const auto* value = find(name);
    if (value == nullptr) return absent;
    return static_cast<std::uint32_t>(number(field(name), *value).value_or(absent));
}

std::uint32_t Reader::integer(std::string_view name) const {
    const auto absent = plugin::parse_integer(field(name).default_value);
    HA_ASSERT(absent.has_value());
    return integer(name, static_cast<std::uint32_t>(*absent));
}

std::int32_t Reader::signed_integer(std::string_view name) const {
    const auto* value = find(name);
    const auto absent = plugin::parse_integer(field(name).default_value);
    HA_ASSERT(absent.has_value());
    return static_cast<std::int32_t>(
        value == nullptr ? *absent : number(field(name), *value).value_or(*absent));
}

std::uint64_t Reader::large_integer(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr) return 0;
    return static_cast<std::uint64_t>(number(field(name), *value).value_or(0));
}

bool Reader::boolean(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr) return std::string_view(field(name).default_value) == "true";
    if (value->kind == Value::Kind::boolean) return value->text == "true";
    error(name, describe_value(*value) + " is wrong here; it must be true or false, without quotes");
    return false;
}

std::optional<std::string> Reader::word_for(std::string_view name) const {
    if (find(name) == nullptr) return {};
    const auto before = problems_.errors().size();
    auto word = text(name);
    if (problems_.errors().size() != before) return {};
    const auto words = choices_of(field(name));
    if (std::find(words.begin(), words.end(), word) != words.end()) return word;
    auto advice = "; it must be one of: " + list_words(words);
    if (const auto meant = nearest(word, words); !meant.empty())
        advice += " (did you mean '" + meant + "'?)";
    error(name, in_quotes(word) + " is not known here" + advice);
    return {};
}

std::vector<NameAt> Reader::names(std::string_view name) const {
    std::vector<NameAt> names;
    const auto* value = find(name);
    if (value == nullptr) return names;
    const auto& f = field(name);
    if (value->kind != Value::Kind::list) {
        error(name, describe_value(*value) + " is wrong here; it must be " + expected_of(f.type));
        return names;
    }
    if (static_cast<std::int64_t>(value->items.size()) > f.maximum)
        error(name, std::to_string(value->items.size()) + " names; at most " +
                        std::to_string(f.maximum) + " are allowed");
    for (std::size_t i = 0; i < value->items.size(); i++) {
        const auto& item = value->items[i];
        const auto path = path_of(name) + "[" + std::to_string(i) + "]";
        if (item.kind != Value::Kind::text) {
            problems_.error(item.place, path, describe_value(item) + " is no name; a name is a "
                                                                     "text in double quotes");
        } else if (std::any_of(names.begin(), names.end(),
                               [&](const NameAt& other) { return other.name == item.text; })) {
            problems_.error(item.place, path, in_quotes(item.text) + " is named twice; once is right");
        } else {
            names.push_back({item.text, item.place, path});
        }
    }
    return names;
}

const Value* Reader::object(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr || !require_object(*value, path_of(name), problems_)) return nullptr;
    return value;
}

}  // namespace ha::config
