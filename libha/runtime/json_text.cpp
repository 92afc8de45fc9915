// JSON text of others as a tree of values.
#include "runtime/json_text.hpp"

#include <cstdint>

namespace ha::runtime {

namespace {

class JsonParser {
   public:
    explicit JsonParser(std::string_view in) : in_(in) {}

    bool parse(JsonValue& out) {
        const bool ok = value(out, 0);
        skip();
        return ok && at_ == in_.size();
    }

   private:
    void skip() {
        while (at_ < in_.size() && std::string_view(" \t\r\n").find(in_[at_]) != in_.npos) at_++;
    }
    bool take(char c) {
        skip();
        if (at_ >= in_.size() || in_[at_] != c) return false;
        at_++;
        return true;
    }
    bool word(std::string_view w) {
        if (in_.substr(at_, w.size()) != w) return false;
        at_ += w.size();
        return true;
    }

    bool value(JsonValue& out, int depth) {
        skip();
        if (depth > k_limit_json_depth || ++values_ > k_limit_json_values || at_ >= in_.size())
            return false;
        switch (in_[at_]) {
            case '{': return object(out, depth);
            case '[': return list(out, depth);
            case '"': out.kind = JsonValue::Kind::text; return text(out.text);
            case 't': out.kind = JsonValue::Kind::boolean; return out.is_true = word("true");
            case 'f': out.kind = JsonValue::Kind::boolean; return word("false");
            case 'n': return word("null");
            default: out.kind = JsonValue::Kind::number; return number(out.text);
        }
    }

    bool object(JsonValue& out, int depth) {
        out.kind = JsonValue::Kind::object;
        at_++;
        if (take('}')) return true;
        do {
            skip();
            std::string name;
            if (at_ >= in_.size() || in_[at_] != '"' || !text(name) || !take(':')) return false;
            out.members.emplace_back(std::move(name), JsonValue{});
            if (!value(out.members.back().second, depth + 1)) return false;
        } while (take(','));
        return take('}');
    }

    bool list(JsonValue& out, int depth) {
        out.kind = JsonValue::Kind::list;
        at_++;
        if (take(']')) return true;
        do {
            out.items.emplace_back();
            if (!value(out.items.back(), depth + 1)) return false;
        } while (take(','));
        return take(']');
    }

    bool digits() {
        const auto first = at_;
        while (at_ < in_.size() && in_[at_] >= '0' && in_[at_] <= '9') at_++;
        return at_ > first;
    }

    bool number(std::string& out) {
        const auto first = at_;
        if (in_[at_] == '-') at_++;
        if (!digits()) return false;
        if (at_ < in_.size() && in_[at_] == '.') {
            at_++;
            if (!digits()) return false;
        }
        if (at_ < in_.size() && (in_[at_] == 'e' || in_[at_] == 'E')) {
            at_++;
            if (at_ < in_.size() && (in_[at_] == '-' || in_[at_] == '+')) at_++;
            if (!digits()) return false;
        }
        out = in_.substr(first, at_ - first);
        return true;
    }

    bool text(std::string& out) {
        for (at_++; at_ < in_.size();) {
            const char c = in_[at_++];
            if (c == '"') return true;
            if (static_cast<unsigned char>(c) < 0x20) return false;
            if (c != '\\') {
                out.push_back(c);
            } else if (!escape(out)) {
                return false;
            }
        }
        return false;
    }

    bool escape(std::string& out) {
        if (at_ >= in_.size()) return false;
        const char c = in_[at_++];
        constexpr std::string_view k_written = "\"\\/bfnrt", k_meant = "\"\\/\b\f\n\r\t";
        if (const auto known = k_written.find(c); known != k_written.npos) {
            out.push_back(k_meant[known]);
            return true;
        }
        std::uint32_t code = 0;
        if (c != 'u' || !hex(code)) return false;
        if (code >= 0xd800 && code < 0xdc00) {
            std::uint32_t low = 0;
            if (!word("\\u") || !hex(low) || low < 0xdc00 || low > 0xdfff) return false;
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        } else if (code >= 0xdc00 && code < 0xe000) {
            return false;
        }
        put_utf8(code, out);
        return true;
    }

    bool hex(std::uint32_t& out) {
        for (int i = 0; i < 4; i++, at_++) {
            constexpr std::string_view k_digits = "0123456789abcdefABCDEF";
            if (at_ >= in_.size()) return false;
            const auto digit = k_digits.find(in_[at_]);
            if (digit == k_digits.npos) return false;
            out = out * 16 + static_cast<std::uint32_t>(digit < 16 ? digit : digit - 6);
        }
        return true;
    }

    static void put_utf8(std::uint32_t code, std::string& out) {
        const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
        if (code < 0x80) return put(code);
        if (code < 0x800) {
            put(0xc0 | (code >> 6));
        } else {
            if (code < 0x10000) {
                put(0xe0 | (code >> 12));
            } else {
                put(0xf0 | (code >> 18));
                put(0x80 | ((code >> 12) & 0x3f));
            }
            put(0x80 | ((code >> 6) & 0x3f));
        }
        put(0x80 | (code & 0x3f));
    }

    std::string_view in_;
    std::size_t at_ = 0;
    std::size_t values_ = 0;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
    for (const auto& [known, value] : members)
        if (known == name) return &value;
    return nullptr;
}

std::optional<JsonValue> parse_json(std::string_view text) {
    JsonValue out;
    if (!JsonParser(text).parse(out)) return std::nullopt;
    return out;
}

std::string to_json_text(std::string_view text) {
    constexpr std::string_view k_digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (byte < 0x20) {
            out += "\\u00";
            out.push_back(k_digits[byte >> 4]);
            out.push_back(k_digits[byte & 15]);
        } else {
            out.push_back(c);
        }
    }
    return out + "\"";
}

}  // namespace ha::runtime
