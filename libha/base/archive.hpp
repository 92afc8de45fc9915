// Archive: any value of the house as bytes and back, by reflection; for the flight recorder.
//
// Not for the wire or the store: those have codecs that are kept still. A recording says which
// layout it was written with (layout_of), and is read by builds of the same layout only. Numbers
// are varints, because most are small. Decoding is bounded by the bytes that are there, and takes
// nothing that encoding could not have made of a value: enumerators that exist, sorted keys.
#pragma once

#include <array>
#include <bitset>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/reflect.hpp"
#include "base/result.hpp"
#include "base/varint.hpp"

namespace ha::archive {

namespace detail {

template <class T, template <class...> class Of>
inline constexpr bool is_of = false;
template <class... A, template <class...> class Of>
inline constexpr bool is_of<Of<A...>, Of> = true;
template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t n>
inline constexpr bool is_array<std::array<T, n>> = true;

template <class T>
inline constexpr bool is_sequence = is_of<T, std::vector> || is_of<T, std::deque>;
template <class T>
inline constexpr bool is_sorted = is_of<T, std::map> || is_of<T, std::set>;
/// Says of itself that no recording may hold it.
template <class T>
concept NeverRecorded = requires { typename T::never_recorded; };
/// Writes and reads itself, because it holds more than values.
template <class T>
concept ArchivesItself = requires(T& value, Writer& w, Reader& r) {
    value.put_archive(w);
    value.get_archive(r);
};
template <class T>
inline constexpr bool is_bitset = false;
template <std::size_t n>
inline constexpr bool is_bitset<std::bitset<n>> = true;
template <class T>
inline constexpr bool is_number = std::is_integral_v<T> && !std::is_same_v<T, bool>;

constexpr std::uint64_t zigzag(std::int64_t v) {
    return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t v) {
    return static_cast<std::int64_t>((v >> 1) ^ (~(v & 1) + 1));
}

}  // namespace detail

template <class T>
void put(Writer& w, const T& v) {
    using namespace detail;
    const auto each = [&](const auto& list) {
        put_varint(w, list.size());
        for (const auto& one : list) put(w, one);
    };
    if constexpr (NeverRecorded<T> || is_of<T, reflect::Skipped>) {
    } else if constexpr (ArchivesItself<T>) {
        v.put_archive(w);
    } else if constexpr (std::is_same_v<T, bool>) {
        w.boolean(v);
    } else if constexpr (std::is_enum_v<T>) {
        put_varint(w, static_cast<std::uint64_t>(v));
    } else if constexpr (is_number<T> && std::is_signed_v<T>) {
        put_varint(w, zigzag(v));
    } else if constexpr (is_number<T>) {
        put_varint(w, v);
    } else if constexpr (std::is_same_v<T, Duration>) {
        put_varint(w, zigzag(v.count()));
    } else if constexpr (std::is_same_v<T, std::string>) {
        put_varint(w, v.size());
        w.raw({reinterpret_cast<const std::uint8_t*>(v.data()), v.size()});
    } else if constexpr (std::is_same_v<T, Bytes>) {
        put_varint(w, v.size());
        w.raw(v);
    } else if constexpr (std::is_same_v<T, std::vector<bool>>) {
        put_varint(w, v.size());
        for (const bool one : v) w.boolean(one);
    } else if constexpr (is_bitset<T>) {
        for (std::size_t i = 0; i < v.size(); i++) w.boolean(v[i]);
    } else if constexpr (is_sequence<T> || is_sorted<T>) {
        each(v);
    } else if constexpr (is_array<T>) {
        for (const auto& one : v) put(w, one);
    } else if constexpr (is_of<T, std::optional>) {
        w.boolean(static_cast<bool>(v));
        if (v) put(w, *v);
    } else if constexpr (is_of<T, std::variant>) {
        put_varint(w, v.index());
        std::visit([&](const auto& one) { put(w, one); }, v);
    } else if constexpr (is_of<T, std::pair>) {
        put(w, v.first);
        put(w, v.second);
    } else if constexpr (is_of<T, boost::system::result>) {
        w.boolean(v.has_value());
        if (v.has_value())
            put(w, *v);
        else
            put(w, v.error());
    } else if constexpr (reflect::HasMembers<T>) {
        static_assert(reflect::is_whole<T>, "members() lacks a field, or has them out of order: "
                                            "what is not named there is lost in a recording");
        const_cast<T&>(v).members()([&](const auto&... field) { (put(w, field), ...); });
    } else {
        reflect::with_fields(v, [&](const auto&... field) { (put(w, field), ...); });
    }
}

template <class T>
void get(Reader& r, T& v);

namespace detail {

/// Every item takes a byte at least, so that a count can ask for no more than is there.
inline std::size_t get_count(Reader& r) {
    const auto n = get_varint(r);
    if (n <= r.remaining()) return static_cast<std::size_t>(n);
    r.fail();
    return 0;
}

template <class T>
void get_number(Reader& r, T& v) {
    const auto raw = get_varint(r);
    if constexpr (std::is_signed_v<T>) {
        v = static_cast<T>(unzigzag(raw));
        if (v != unzigzag(raw)) r.fail();
    } else {
        v = static_cast<T>(raw);
        if (v != raw) r.fail();
    }
}

template <class T>
void get_sequence(Reader& r, T& v) {
    v.clear();
    for (auto n = get_count(r); n > 0 && !r.failed(); n--) {
        typename T::value_type one{};
        get(r, one);
        v.push_back(std::move(one));
    }
}

template <class K, class V>
void get_sorted(Reader& r, std::map<K, V>& v) {
    v.clear();
    for (auto n = get_count(r); n > 0 && !r.failed(); n--) {
        K key{};
        get(r, key);
        if (!v.empty() && !(v.rbegin()->first < key)) return r.fail();
        get(r, v.emplace_hint(v.end(), std::move(key), V{})->second);
    }
}

template <class K>
void get_sorted(Reader& r, std::set<K>& v) {
    v.clear();
    for (auto n = get_count(r); n > 0 && !r.failed(); n--) {
        K key{};
        get(r, key);
        if (!v.empty() && !(*v.rbegin() < key)) return r.fail();
        v.insert(v.end(), std::move(key));
    }
}

/// What cannot be made of nothing has to be there already, and stays.
template <class T>
void get_optional(Reader& r, std::optional<T>& v) {
    const bool is_there = r.boolean();
    if constexpr (std::is_default_constructible_v<T>) {
        v.reset();
        if (is_there) get(r, v.emplace());
    } else {
        if (is_there != v.has_value()) return r.fail();
        if (is_there) get(r, *v);
    }
}

template <class... A>
void get_variant(Reader& r, std::variant<A...>& v) {
    const auto index = get_varint(r);
    if (index >= sizeof...(A)) return r.fail();
    std::size_t at = 0;
    const auto take = [&]<class One>(std::type_identity<One>) {
        if (at++ != index) return;
        get(r, v.template emplace<One>());
    };
    (take(std::type_identity<A>{}), ...);
}

}  // namespace detail

template <class T>
void get(Reader& r, T& v) {
    using namespace detail;
    if constexpr (NeverRecorded<T> || is_of<T, reflect::Skipped>) {
    } else if constexpr (ArchivesItself<T>) {
        v.get_archive(r);
    } else if constexpr (std::is_same_v<T, bool>) {
        v = r.boolean();
    } else if constexpr (std::is_enum_v<T>) {
        const auto raw = get_varint(r);
        if (!reflect::is_enumerator<T>(raw)) return r.fail();
        v = static_cast<T>(raw);
    } else if constexpr (is_number<T>) {
        get_number(r, v);
    } else if constexpr (std::is_same_v<T, Duration>) {
        v = Duration{unzigzag(get_varint(r))};
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, Bytes>) {
        const auto raw = r.raw(get_count(r));
        v.assign(raw.begin(), raw.end());
    } else if constexpr (std::is_same_v<T, std::vector<bool>>) {
        v.assign(get_count(r), false);
        for (std::size_t i = 0; i < v.size() && !r.failed(); i++) v[i] = r.boolean();
    } else if constexpr (is_bitset<T>) {
        for (std::size_t i = 0; i < v.size(); i++) v[i] = r.boolean();
    } else if constexpr (is_sequence<T>) {
        get_sequence(r, v);
    } else if constexpr (is_sorted<T>) {
        get_sorted(r, v);
    } else if constexpr (is_array<T>) {
        for (auto& one : v) get(r, one);
    } else if constexpr (is_of<T, std::optional>) {
        get_optional(r, v);
    } else if constexpr (is_of<T, std::variant>) {
        get_variant(r, v);
    } else if constexpr (is_of<T, std::pair>) {
        get(r, v.first);
        get(r, v.second);
    } else if constexpr (reflect::HasMembers<T>) {
        v.members()([&](auto&&... field) { (get(r, field), ...); });
    } else {
        reflect::with_fields(v, [&](auto&... field) { (get(r, field), ...); });
    }
}

/// Tells two layouts of a type apart: what kinds of fields it has, in which order, all the way
/// down. Names do not count. Known to the compiler.
template <class T>
constexpr std::uint64_t layout_of(std::uint64_t sum = 0xcbf29ce484222325u) {
    using namespace detail;
    const auto mix = [](std::uint64_t s, std::uint64_t word) {
        s = (s ^ word) * 0x9e3779b97f4a7c15u;
        return s ^ (s >> 29);
    };
    const auto all = [&]<class... A>(std::uint64_t s, reflect::Types<A...>) {
        ((s = layout_of<std::remove_cvref_t<A>>(s)), ...);
        return mix(s, sizeof...(A));
    };
    const auto inside = [&]<template <class...> class Of, class... A>(
                            std::uint64_t s, std::type_identity<Of<A...>>) {
        return all(s, reflect::Types<A...>{});
    };
    if constexpr (NeverRecorded<T> || is_of<T, reflect::Skipped>) {
        return mix(sum, 15);
    } else if constexpr (ArchivesItself<T>) {
        return mix(sum, T::archive_layout());
    } else if constexpr (std::is_same_v<T, std::vector<bool>> || is_bitset<T>) {
        return mix(sum, 17);
    } else if constexpr (std::is_same_v<T, bool>) {
        return mix(sum, 1);
    } else if constexpr (std::is_enum_v<T>) {
        return mix(sum, 2);
    } else if constexpr (is_number<T>) {
        return mix(sum, std::is_signed_v<T> ? 3 : 4);
    } else if constexpr (std::is_same_v<T, Duration>) {
        return mix(sum, 5);
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, Bytes>) {
        return mix(sum, 6);
    } else if constexpr (is_sequence<T>) {
        return mix(layout_of<typename T::value_type>(sum), 7);
    } else if constexpr (is_of<T, std::map>) {
        return mix(layout_of<typename T::mapped_type>(layout_of<typename T::key_type>(sum)), 8);
    } else if constexpr (is_of<T, std::set>) {
        return mix(layout_of<typename T::key_type>(sum), 9);
    } else if constexpr (is_array<T>) {
        return mix(layout_of<typename T::value_type>(sum), 16 + std::tuple_size_v<T>);
    } else if constexpr (is_of<T, std::optional>) {
        return mix(layout_of<typename T::value_type>(sum), 10);
    } else if constexpr (is_of<T, std::variant>) {
        return mix(inside(sum, std::type_identity<T>{}), 11);
    } else if constexpr (is_of<T, std::pair>) {
        return mix(inside(sum, std::type_identity<T>{}), 12);
    } else if constexpr (is_of<T, boost::system::result>) {
        return mix(inside(sum, std::type_identity<T>{}), 13);
    } else if constexpr (reflect::HasMembers<T>) {
        return mix(all(sum, reflect::TypesOfMembers<T>{}), 18);
    } else {
        using Fields = decltype(reflect::with_fields(std::declval<T&>(), [](auto&... field) {
            return reflect::Types<std::remove_reference_t<decltype(field)>...>{};
        }));
        return mix(all(sum, Fields{}), 14);
    }
}

template <class T>
Bytes encode(const T& value) {
    Bytes out;
    Writer w(out);
    put(w, value);
    return out;
}

}  // namespace ha::archive
