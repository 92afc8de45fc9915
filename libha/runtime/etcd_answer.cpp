// What is said to an etcd and what it answers.
#include "runtime/etcd_answer.hpp"

#include <charconv>

#include "runtime/json_text.hpp"

namespace ha::runtime {

namespace {

constexpr std::string_view k_base64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t k_limit_token_bytes = 4096;
constexpr std::size_t k_shown_bytes = 200;

ByteView bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string in_base64(std::string_view text) { return "\"" + to_base64(bytes_of(text)) + "\""; }

Failure wrong(const std::string& what) { return failure(FailureCode::corrupt, what); }

/// A whole number as etcd writes it: a text of digits, absent when it is zero.
bool read_number(const JsonValue& object, std::string_view name, std::uint64_t& out) {
    out = 0;
    const auto* found = object.find(name);
    if (found == nullptr) return true;
    const auto kind = found->kind;
    if (kind != JsonValue::Kind::text && kind != JsonValue::Kind::number) return false;
    const auto* end = found->text.data() + found->text.size();
    const auto [at, error] = std::from_chars(found->text.data(), end, out);
    return error == std::errc{} && at == end && !found->text.empty();
}

bool read_bytes(const JsonValue& object, std::string_view name, Bytes& out) {
    out.clear();
    const auto* found = object.find(name);
    if (found == nullptr) return true;
    if (found->kind != JsonValue::Kind::text) return false;
    auto bytes = from_base64(found->text);
    if (!bytes) return false;
    out = std::move(*bytes);
    return true;
}

struct AnswerHeader {
    std::uint64_t cluster = 0;
    std::uint64_t revision = 0;
};

Failure nameless() {
    return wrong("the header of its answer has no cluster_id: which etcd it is cannot be told");
}

/// The object, with the header that every answer has.
Result<JsonValue> read_answer(std::string_view text, AnswerHeader& out) {
    if (text.size() > k_limit_etcd_answer_bytes)
        return wrong("its answer is longer than " + std::to_string(k_limit_etcd_answer_bytes) +
                     " bytes");
    auto json = parse_json(text);
    if (!json || json->kind != JsonValue::Kind::object)
        return wrong("its answer is no JSON object");
    const auto* header = json->find("header");
    if (header == nullptr || header->kind != JsonValue::Kind::object ||
        !read_number(*header, "revision", out.revision) ||
        !read_number(*header, "cluster_id", out.cluster))
        return wrong("its answer has no header with a revision: it is no answer of an etcd's v3 "
                     "gateway");
    return std::move(*json);
}

Result<EtcdValue> read_value(const JsonValue& one) {
    EtcdValue out;
    Bytes key;
    if (one.kind != JsonValue::Kind::object || !read_bytes(one, "key", key) || key.empty())
        return wrong("a value of its answer has no key in base64");
    out.key.assign(key.begin(), key.end());
    if (!read_bytes(one, "value", out.value))
        return wrong("the value of " + out.key + " is not in base64");
    if (!read_number(one, "mod_revision", out.revision) || out.revision == 0)
        return wrong("the value of " + out.key + " has no mod_revision");
    return out;
}

}  // namespace

std::string to_base64(ByteView bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto left = bytes.size() - i;
        const std::uint32_t group = std::uint32_t{bytes[i]} << 16 |
                                    (left > 1 ? std::uint32_t{bytes[i + 1]} << 8 : 0) |
                                    (left > 2 ? std::uint32_t{bytes[i + 2]} : 0);
        out.push_back(k_base64[group >> 18]);
        out.push_back(k_base64[(group >> 12) & 63]);
        out.push_back(left > 1 ? k_base64[(group >> 6) & 63] : '=');
        out.push_back(left > 2 ? k_base64[group & 63] : '=');
    }
    return out;
}

Result<Bytes> from_base64(std::string_view text) {
    const auto bad = [] { return wrong("a text that should be base64 is none"); };
    if (text.size() % 4 != 0) return bad();
    Bytes out;
    out.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const bool is_last = i + 4 == text.size();
        std::uint32_t group = 0;
        std::size_t padding = 0;
        for (std::size_t n = 0; n < 4; n++) {
            const char c = text[i + n];
            const auto digit = k_base64.find(c);
            const bool is_padding = c == '=' && is_last && n >= 2;
            if (is_padding) padding++;
            else if (digit == k_base64.npos || padding > 0) return bad();
            group = group << 6 | (is_padding ? 0 : static_cast<std::uint32_t>(digit));
        }
        // One value has one text.
        if ((padding == 1 && (group & 0xff) != 0) || (padding == 2 && (group & 0xffff) != 0))
            return bad();
        out.push_back(static_cast<std::uint8_t>(group >> 16));
        if (padding < 2) out.push_back(static_cast<std::uint8_t>(group >> 8));
        if (padding < 1) out.push_back(static_cast<std::uint8_t>(group));
    }
    return out;
}

std::string range_request(std::string_view from, std::string_view to) {
    // "serializable" is false unless it is said: the read is then linearizable.
    return "{\"key\":" + in_base64(from) + ",\"range_end\":" + in_base64(to) + "}";
}

std::string swap_request(const EtcdSwap& swap) {
    std::string out = "{\"compare\":[{\"target\":\"MOD\",\"result\":\"EQUAL\",\"key\":" +
                      in_base64(swap.key) + ",\"mod_revision\":\"" + std::to_string(swap.revision) +
                      "\"}],\"success\":[";
    const char* comma = "";
    for (const auto& [key, value] : swap.puts) {
        out += std::string(comma) + "{\"request_put\":{\"key\":" + in_base64(key) +
               ",\"value\":\"" + to_base64(value) + "\"}}";
        comma = ",";
    }
    if (!swap.erase_from.empty())
        out += std::string(comma) + "{\"request_delete_range\":{\"key\":" +
               in_base64(swap.erase_from) + ",\"range_end\":" + in_base64(swap.erase_to) + "}}";
    return out + "]}";
}

std::string login_request(std::string_view user, std::string_view password) {
    return "{\"name\":" + to_json_text(user) + ",\"password\":" + to_json_text(password) + "}";
}

Result<EtcdRange> decode_range(std::string_view text) {
    EtcdRange out;
    AnswerHeader header;
    auto json = read_answer(text, header);
    if (!json) return json.error();
    if (header.cluster == 0) return nameless();
    out.cluster = header.cluster;
    out.revision = header.revision;
    std::uint64_t count = 0;
    if (!read_number(*json, "count", count)) return wrong("its answer's count is no number");
    const auto* values = json->find("kvs");
    if (values != nullptr && values->kind != JsonValue::Kind::list)
        return wrong("the values of its answer are no list");
    if (values != nullptr) {
        if (values->items.size() > k_limit_etcd_values)
            return wrong("its answer has more than " + std::to_string(k_limit_etcd_values) +
                         " values");
        for (const auto& item : values->items) {
            auto one = read_value(item);
            if (!one) return one.error();
            out.values.push_back(std::move(*one));
        }
    }
    // One that leaves values out would be taken for one in which they do not exist.
    if (count != out.values.size())
        return wrong("its answer tells of " + std::to_string(count) + " values and holds " +
                     std::to_string(out.values.size()));
    return out;
}

Result<bool> decode_swap(std::string_view text, std::uint64_t* cluster) {
    AnswerHeader header;
    auto json = read_answer(text, header);
    if (!json) return json.error();
    if (header.cluster == 0) return nameless();
    if (cluster != nullptr) *cluster = header.cluster;
    const auto* succeeded = json->find("succeeded");
    if (succeeded == nullptr) return false;
    if (succeeded->kind != JsonValue::Kind::boolean)
        return wrong("its answer does not say whether the swap succeeded");
    return succeeded->is_true;
}

Result<std::string> decode_login(std::string_view text) {
    AnswerHeader header;
    auto json = read_answer(text, header);
    if (!json) return json.error();
    const auto* token = json->find("token");
    if (token == nullptr || token->kind != JsonValue::Kind::text || token->text.empty() ||
        token->text.size() > k_limit_token_bytes)
        return wrong("its answer to the login has no token");
    for (const char c : token->text)
        if (c <= ' ' || c >= 0x7f) return wrong("the token of its answer holds odd characters");
    return token->text;
}

std::string decode_refusal(std::string_view text) {
    std::string said(text.substr(0, k_shown_bytes));
    if (const auto json = parse_json(text))
        for (const char* name : {"error", "message"})
            if (const auto* found = json->find(name);
                found != nullptr && found->kind == JsonValue::Kind::text)
                said = found->text.substr(0, k_shown_bytes);
    for (char& c : said)
        if (c < ' ' || c >= 0x7f) c = ' ';
    return said;
}

}  // namespace ha::runtime
