// Problems: collecting, printing, and the name that was probably meant.
#include "config/problem.hpp"

#include <algorithm>
#include <tuple>

namespace ha::config {

namespace {

constexpr std::size_t k_shown_bytes_max = 80;
constexpr std::size_t k_shown_names_max = 24;

void add(std::vector<Problem>& all, Place place, std::string path, std::string text) {
    if (all.size() >= k_limit_problems) return;
    all.push_back({place, std::move(path), std::move(text)});
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Edits between two names, a swap of neighbours counting as one; upper and lower case are equal.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); i++) d[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); j++) d[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); i++) {
        for (std::size_t j = 1; j <= b.size(); j++) {
            const auto cost = lower(a[i - 1]) == lower(b[j - 1]) ? 0u : 1u;
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost});
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[a.size()][b.size()];
}

}  // namespace

void Problems::error(Place place, std::string path, std::string text) {
    add(errors_, place, std::move(path), std::move(text));
}

void Problems::warning(Place place, std::string path, std::string text) {
    add(warnings_, place, std::move(path), std::move(text));
}

void Problems::sort() {
    const auto before = [](const Problem& a, const Problem& b) {
        return std::tie(a.place, a.path, a.text) < std::tie(b.place, b.path, b.text);
    };
    std::stable_sort(errors_.begin(), errors_.end(), before);
    std::stable_sort(warnings_.begin(), warnings_.end(), before);
}

std::string describe(const Problem& problem, std::string_view file) {
    auto out = std::string(file) + ":" + std::to_string(problem.place.line) + ":" +
               std::to_string(problem.place.column) + ": ";
    if (!problem.path.empty()) out += problem.path + ": ";
    return out + problem.text;
}

std::string describe(const std::vector<Problem>& problems, std::string_view file) {
    std::string out;
    for (const auto& problem : problems)
        out += (out.empty() ? "" : "\n") + describe(problem, file);
    return out;
}

std::string nearest(std::string_view name, const std::vector<std::string>& known) {
    std::string best;
    auto best_distance = std::max<std::size_t>(1, std::min(name.size(), std::size_t{9}) / 3) + 1;
    if (name.size() > k_shown_bytes_max) return {};
    for (const auto& candidate : known) {
        const auto distance = edit_distance(name, candidate);
        if (distance >= best_distance || distance >= candidate.size()) continue;
        best = candidate;
        best_distance = distance;
    }
    return best;
}

std::string advise_name(std::string_view name, const std::vector<std::string>& known) {
    if (auto meant = nearest(name, known); !meant.empty()) return "; did you mean '" + meant + "'?";
    if (known.empty()) return "; there are none";
    std::string list;
    for (std::size_t i = 0; i < known.size() && i < k_shown_names_max; i++)
        list += (i == 0 ? "" : ", ") + known[i];
    if (known.size() > k_shown_names_max) list += ", ...";
    return "; known are: " + list;
}

std::string in_quotes(std::string_view text) {
    std::string out = "'";
    for (const char c : text.substr(0, k_shown_bytes_max)) {
        if (c == '\n') {
            out += "\\n";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            out += '?';
        } else {
            out += c;
        }
    }
    return out + (text.size() > k_shown_bytes_max ? "...'" : "'");
}

}  // namespace ha::config
