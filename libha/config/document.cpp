// Documents: nlohmann's parser says what comes next, and a cursor that follows it through the text
// says where. Between two of its events there is nothing but white space, ':' and ','.
#include "config/document.hpp"

#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/limits.hpp"

namespace ha::config {

namespace {

using nlohmann::json;

constexpr std::string_view k_byte_order_mark = "\xef\xbb\xbf";

/// The place of one token after the other.
class Cursor {
   public:
    explicit Cursor(std::string_view text) : text_(text) {
        if (text.starts_with(k_byte_order_mark)) advance(k_byte_order_mark.size());
    }

    /// Goes to the next token and past it.
    Place next() {
        while (at_ < text_.size() && k_between.find(text_[at_]) != k_between.npos) advance(1);
        const auto start = place_;
        token_start_ = at_;
        if (at_ >= text_.size()) return start;
        if (text_[at_] == '"') {
            advance(1);
            while (at_ < text_.size() && text_[at_] != '"') advance(text_[at_] == '\\' ? 2 : 1);
            advance(1);
        } else if (k_single.find(text_[at_]) != k_single.npos) {
            advance(1);
        } else {
            while (at_ < text_.size() && k_ends.find(text_[at_]) == k_ends.npos) advance(1);
        }
        return start;
    }
    std::size_t token_start() const { return token_start_; }
    std::string_view token() const { return text_.substr(token_start_, at_ - token_start_); }

   private:
    static constexpr std::string_view k_between = " \t\r\n:,";
    static constexpr std::string_view k_single = "{}[]";
    static constexpr std::string_view k_ends = " \t\r\n:,{}[]";

    void advance(std::size_t count) {
        for (; count > 0 && at_ < text_.size(); count--) {
            place_.column++;
            if (text_[at_] == '\n') place_ = {place_.line + 1, 1};
            at_++;
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t token_start_ = 0;
    Place place_{1, 1};
};

/// What is wrong at a place where the parser stopped, for mistakes that people make.
std::string advise_syntax(std::string_view text, std::size_t at) {
    const auto rest = at < text.size() ? text.substr(at) : std::string_view{};
    auto before = text.substr(0, std::min(at, text.size()));
    while (!before.empty() && std::string_view(" \t\r\n").find(before.back()) != before.npos)
        before.remove_suffix(1);
    if (rest.starts_with("/") || rest.starts_with("#") || before.ends_with("/"))
        return "comments are not JSON; leave them out";
    if (rest.starts_with("'")) return "a text stands in double quotes: \"...\"";
    if ((rest.starts_with("}") || rest.starts_with("]")) && before.ends_with(","))
        return std::string("there is a comma before '") + rest[0] + "'; leave it out";
    if (rest.empty()) return "the document ends in the middle; something is not closed";
    if (rest.starts_with("\"") && (before.ends_with("\"") || before.ends_with("}") ||
                                   before.ends_with("]")))
        return "a comma or colon is missing before this";
    return {};
}

/// The parser's own words without its prefixes.
std::string syntax_text(std::string_view what) {
    if (const auto end = what.find("syntax error "); end != what.npos) {
        what.remove_prefix(end);
    } else if (const auto bracket = what.find("] "); bracket != what.npos) {
        what.remove_prefix(bracket + 2);
    }
    return std::string(what.substr(0, 300));
}

class Builder final : public nlohmann::json_sax<json> {
   public:
    Builder(std::string_view text, Problems& problems)
        : text_(text), cursor_(text), problems_(problems), root_(std::make_unique<Value>()) {}

    std::unique_ptr<Value> take() { return std::move(root_); }

    bool null() override { return scalar(Value::Kind::null); }
    bool boolean(bool) override { return scalar(Value::Kind::boolean); }
    bool number_integer(number_integer_t) override { return scalar(Value::Kind::number); }
    bool number_unsigned(number_unsigned_t) override { return scalar(Value::Kind::number); }
    bool number_float(number_float_t, const string_t&) override {
        return scalar(Value::Kind::number);
    }
    bool string(string_t& text) override {
        auto& value = add(Value::Kind::text, cursor_.next());
        value.text = std::move(text);
        return is_within_limit(value.place);
    }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(Value::Kind::object); }
    bool start_array(std::size_t) override { return open(Value::Kind::list); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        name_place_ = cursor_.next();
        name_ = std::move(name);
        return true;
    }
    /// The parser knows where it stopped; the token that it did not expect begins at the cursor.
    bool parse_error(std::size_t, const std::string&,
                     const nlohmann::detail::exception& error) override {
        const auto place = cursor_.next();
        const auto advice = advise_syntax(text_, cursor_.token_start());
        problems_.error(place, "",
                        advice.empty() ? "this is not JSON: " + syntax_text(error.what())
                                       : "this is not JSON: " + advice);
        return false;
    }

   private:
    bool scalar(Value::Kind kind) {
        auto& value = add(kind, cursor_.next());
        value.text = cursor_.token();
        return is_within_limit(value.place);
    }

    bool is_within_limit(Place place) {
        if (++count_ <= k_limit_document_values) return true;
        problems_.error(place, "", "more than " + std::to_string(k_limit_document_values) +
                                       " values in one document");
        return false;
    }

    Value& add(Value::Kind kind, Place place) {
        Value value;
        value.kind = kind;
        value.place = place;
        if (open_.empty()) {
            *root_ = std::move(value);
            return *root_;
        }
        auto& parent = *open_.back().value;
        if (parent.kind == Value::Kind::list) return parent.items.emplace_back(std::move(value));
        const auto [first, is_new] = open_.back().lines.emplace(name_, name_place_.line);
        if (!is_new) {
            problems_.error(name_place_, "", in_quotes(name_) + " is written twice in one object, first"
                                             " in line " + std::to_string(first->second));
            spares_.push_back(std::make_unique<Value>(std::move(value)));
            return *spares_.back();
        }
        parent.members.push_back({std::move(name_), name_place_, std::move(value)});
        return parent.members.back().value;
    }

    bool open(Value::Kind kind) {
        const auto place = cursor_.next();
        if (open_.size() >= k_limit_document_depth) {
            problems_.error(place, "", "more than " + std::to_string(k_limit_document_depth) +
                                           " levels of objects and lists");
            return false;
        }
        open_.push_back({&add(kind, place), {}});
        return is_within_limit(place);
    }

    bool close() {
        cursor_.next();
        open_.pop_back();
        return true;
    }

    std::string_view text_;
    Cursor cursor_;
    Problems& problems_;
    std::unique_ptr<Value> root_;
    /// The objects and lists around the cursor. A parent does not grow while a child is open, so
    /// the pointers hold.
    struct Open {
        Value* value = nullptr;
        std::unordered_map<std::string, std::size_t> lines;  ///< by name
    };
    std::vector<Open> open_;
    std::string name_;
    Place name_place_;
    std::size_t count_ = 0;
    std::vector<std::unique_ptr<Value>> spares_;  ///< values whose names were taken
};

}  // namespace

const Value* Value::find(std::string_view name) const {
    for (const auto& member : members)
        if (member.name == name) return &member.value;
    return nullptr;
}

std::string describe_value(const Value& value) {
    switch (value.kind) {
        case Value::Kind::null: return "null";
        case Value::Kind::boolean: return value.text;
        case Value::Kind::number: return "the number " + value.text;
        case Value::Kind::text: return in_quotes(value.text);
        case Value::Kind::list: return "a list";
        case Value::Kind::object: return "an object";
    }
    return {};
}

std::unique_ptr<Value> parse_document(std::string_view text, Problems& problems) {
    if (text.size() > k_limit_document_bytes) {
        problems.error({1, 1}, "",
                       "the document has " + std::to_string(text.size()) + " bytes; at most " +
                           std::to_string(k_limit_document_bytes) + " are read");
        return nullptr;
    }
    if (text.find_first_not_of(" \t\r\n") == text.npos) {
        problems.error({1, 1}, "", "the document is empty; the least is {\"cluster\": ..., "
                                   "\"nodes\": ...}");
        return nullptr;
    }
    Builder builder(text, problems);
    if (!json::sax_parse(text, &builder)) return nullptr;
    return builder.take();
}

}  // namespace ha::config
