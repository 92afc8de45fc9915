// Tables and colours for people.
#include "table.hpp"

#include <algorithm>

namespace hactl {

namespace {

const char* code_of(Colour colour) {
    switch (colour) {
        case Colour::none: return "";
        case Colour::good: return "\x1b[32m";
        case Colour::busy: return "\x1b[33m";
        case Colour::bad: return "\x1b[1;31m";
        case Colour::dim: return "\x1b[2m";
        case Colour::bold: return "\x1b[1m";
    }
    return "";
}

}  // namespace

std::string Paint::operator()(Colour colour, std::string_view text) const {
    if (!is_on_ || colour == Colour::none || text.empty()) return std::string(text);
    return code_of(colour) + std::string(text) + "\x1b[0m";
}

Table::Table(std::vector<std::string> head) {
    std::vector<Cell> row;
    for (auto& one : head) row.push_back({std::move(one), Colour::dim});
    rows_.push_back(std::move(row));
}

void Table::add(std::vector<Cell> row) {
    for (auto& cell : row) cell.text = printable(cell.text);
    rows_.push_back(std::move(row));
}

std::string Table::text(const Paint& paint, std::string_view indent) const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); i++)
            widths[i] = std::max(widths[i], width_of(row[i].text));
    }
    std::string out;
    for (const auto& row : rows_) {
        std::string line;
        std::size_t gap = 0;  // written only before more text: no line ends with blanks
        for (std::size_t i = 0; i < row.size(); i++) {
            if (!row[i].text.empty()) {
                line += std::string(gap, ' ') + paint(row[i].colour, row[i].text);
                gap = 0;
            }
            gap += widths[i] - width_of(row[i].text) + 2;
        }
        out += std::string(indent) + line + "\n";
    }
    return out;
}

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text)
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return out;
}

Colour colour_of_state(std::string_view state) {
    if (state == "online" || state == "up" || state == "ok") return Colour::good;
    if (state == "starting" || state == "stopping" || state == "waiting" || state == "leaving" ||
        state == "unknown" || state == "paused" || state == "absent")
        return Colour::busy;
    if (state == "failed" || state == "down" || state == "bad") return Colour::bad;
    return Colour::dim;
}

}  // namespace hactl
