// A reply of HTTP/1.1, read from bytes as they come.
#include "runtime/http_reply.hpp"

#include <algorithm>
#include <charconv>

namespace ha::runtime {

namespace {

std::string in_lower_case(std::string_view text) {
    std::string out(text);
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

template <class T>
bool read_all(std::string_view text, T& out, int base) {
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, out, base);
    return error == std::errc{} && at == end && !text.empty() && text.front() != '-';
}

}  // namespace

bool HttpReply::fail(std::string problem) {
    problem_ = std::move(problem);
    return false;
}

bool HttpReply::next_line(std::string& line) {
    const auto end = waiting_.find("\r\n");
    if (end == waiting_.npos) return false;
    line = waiting_.substr(0, end);
    waiting_.erase(0, end + 2);
    return true;
}

bool HttpReply::read_field(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == line.npos || colon == 0) return fail("a line of its reply's head is no field");
    const auto name = in_lower_case(line.substr(0, colon));
    const auto value = trimmed(line.substr(colon + 1));
    if (name == "content-length") {
        // Two that differ would let two readers see two replies.
        std::size_t size = 0;
        if (!read_all(value, size, 10) || (has_size_ && size != left_))
            return fail("the length of its reply is no number");
        has_size_ = true;
        left_ = size;
    } else if (name == "transfer-encoding") {
        is_chunked_ = in_lower_case(value) == "chunked";
        if (!is_chunked_) return fail("its reply is encoded in a way that is not known here");
    } else if (name == "connection") {
        is_kept_open_ = in_lower_case(value) != "close";
    }
    return true;
}

bool HttpReply::read_head() {
    const auto end = waiting_.find("\r\n\r\n");
    if (std::min(end, waiting_.size()) > k_limit_http_head_bytes)
        return fail("the head of its reply is longer than " +
                    std::to_string(k_limit_http_head_bytes) + " bytes");
    if (end == waiting_.npos) return true;
    std::string line;
    next_line(line);
    // "HTTP/1.1 200 OK"
    const bool is_http = line.starts_with("HTTP/1.") && line.size() >= 12 && line[8] == ' ';
    if (!is_http || !read_all(std::string_view(line).substr(9, 3), status_, 10) || status_ < 100)
        return fail("it speaks no HTTP");
    while (next_line(line) && !line.empty())
        if (!read_field(line)) return false;
    if (has_size_ && is_chunked_) return fail("its reply has two lengths");
    if (left_ > body_max_)
        return fail("its reply is longer than " + std::to_string(body_max_) + " bytes");
    if (status_ < 200) {  // "100 Continue" and its like: the reply proper follows
        *this = [&] {
            HttpReply next(body_max_);
            next.waiting_ = std::move(waiting_);
            return next;
        }();
        return true;
    }
    part_ = is_chunked_ ? Part::chunk_size : has_size_ ? Part::sized : Part::until_end;
    is_kept_open_ = is_kept_open_ && part_ != Part::until_end;
    return true;
}

bool HttpReply::read_chunk_size(std::string_view line) {
    const auto size = trimmed(line.substr(0, line.find(';')));
    if (!read_all(size, left_, 16)) return fail("a part of its reply has no length");
    if (left_ > body_max_ || body_.size() + left_ > body_max_)
        return fail("its reply is longer than " + std::to_string(body_max_) + " bytes");
    part_ = left_ == 0 ? Part::trailer : Part::chunk;
    return true;
}

bool HttpReply::take_body(std::size_t size) {
    if (body_.size() + size > body_max_)
        return fail("its reply is longer than " + std::to_string(body_max_) + " bytes");
    body_.append(waiting_, 0, size);
    waiting_.erase(0, size);
    return true;
}

/// As far as what has come allows.
bool HttpReply::advance() {
    std::string line;
    for (;;) {
        const auto before = std::pair(part_, waiting_.size());
        switch (part_) {
            case Part::head:
                if (!read_head()) return false;
                break;
            case Part::until_end:
                if (!take_body(waiting_.size())) return false;
                break;
            case Part::sized:
            case Part::chunk: {
                const auto size = std::min(left_, waiting_.size());
                if (!take_body(size)) return false;
                left_ -= size;
                if (left_ == 0) part_ = part_ == Part::sized ? Part::complete : Part::chunk_end;
                break;
            }
            case Part::chunk_size:
                if (next_line(line) && !read_chunk_size(line)) return false;
                break;
            case Part::chunk_end:
                if (!next_line(line)) break;
                if (!line.empty()) return fail("a part of its reply is longer than it said");
                part_ = Part::chunk_size;
                break;
            case Part::trailer:
                if (next_line(line) && line.empty()) part_ = Part::complete;
                break;
            case Part::complete:
                if (!waiting_.empty()) return fail("it said more than was asked");
                return true;
        }
        if (std::pair(part_, waiting_.size()) == before) break;
    }
    if (part_ != Part::until_end && waiting_.size() > k_limit_http_head_bytes)
        return fail("a line of its reply is longer than " +
                    std::to_string(k_limit_http_head_bytes) + " bytes");
    return true;
}

bool HttpReply::feed(std::string_view bytes) {
    if (!problem_.empty()) return false;
    waiting_.append(bytes);
    return advance();
}

bool HttpReply::feed_end() {
    if (!problem_.empty()) return false;
    is_kept_open_ = false;
    if (part_ == Part::until_end) part_ = Part::complete;
    if (is_complete()) return true;
    return fail(part_ == Part::head && waiting_.empty() ? "it closed without a reply"
                                                        : "it closed in the midst of its reply");
}

}  // namespace ha::runtime
