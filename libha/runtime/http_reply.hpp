// A reply of HTTP/1.1, read from bytes as they come: bounded, and refused when it is malformed.
#pragma once

#include <string>
#include <string_view>

namespace ha::runtime {

inline constexpr std::size_t k_limit_http_head_bytes = 16 * 1024;

class HttpReply {
   public:
    explicit HttpReply(std::size_t body_max) : body_max_(body_max) {}

    /// Takes what was received next. False: it is no reply, or too long; problem() says why.
    bool feed(std::string_view bytes);
    /// The other side has closed. False: in the midst of the reply.
    bool feed_end();

    bool is_complete() const { return part_ == Part::complete; }
    int status() const { return status_; }
    const std::string& body() const { return body_; }
    /// The connection serves a further request.
    bool is_kept_open() const { return is_kept_open_; }
    /// A part of a sentence.
    const std::string& problem() const { return problem_; }

   private:
    enum class Part { head, sized, until_end, chunk_size, chunk, chunk_end, trailer, complete };

    bool fail(std::string problem);
    bool advance();
    bool read_head();
    bool read_field(std::string_view line);
    bool read_chunk_size(std::string_view line);
    bool take_body(std::size_t size);
    /// The next line without its end, once it is there.
    bool next_line(std::string& line);

    std::size_t body_max_;
    std::string waiting_;
    std::size_t left_ = 0;
    Part part_ = Part::head;
    int status_ = 0;
    bool has_size_ = false;
    bool is_chunked_ = false;
    bool is_kept_open_ = true;
    std::string body_;
    std::string problem_;
};

}  // namespace ha::runtime
