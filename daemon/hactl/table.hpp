// Tables and colours for people. Colours only on a terminal, and never with NO_COLOR.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hactl {

enum class Colour { none, good, busy, bad, dim, bold };

class Paint {
   public:
    explicit Paint(bool is_on) : is_on_(is_on) {}
    std::string operator()(Colour colour, std::string_view text) const;
    bool is_on() const { return is_on_; }

   private:
    bool is_on_;
};

struct Cell {
    std::string text;
    Colour colour = Colour::none;
};

/// Columns as wide as their widest cell; the first row is the head.
class Table {
   public:
    explicit Table(std::vector<std::string> head);
    void add(std::vector<Cell> row);
    std::string text(const Paint& paint, std::string_view indent = "") const;
    bool empty() const { return rows_.size() <= 1; }

   private:
    std::vector<std::vector<Cell>> rows_;
};

/// Characters as a terminal counts them, near enough: bytes that begin one.
std::size_t width_of(std::string_view text);
/// Control characters, which could lie to a terminal, become '?'.
std::string printable(std::string_view text);
Colour colour_of_state(std::string_view state);

}  // namespace hactl
