// Reflection: the fields of a value, without a list of them that somebody would have to keep.
//
// A plain struct (an aggregate) is taken apart by the compiler. A class names its fields itself, in
// `auto members() { return reflect::fields(a_, b_); }`, in the order in which it declares them;
// that none is missing there is checked by the sizes. The flight recorder stands on this: what is
// recorded of an input, an action or an engine cannot fall behind what it is made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ha::reflect {

template <class T>
concept HasMembers = requires(T& value) { value.members(); };

/// Types without a value.
template <class... T>
struct Types {};

/// A field that is no part of the value, such as a reference to its surroundings.
template <class T>
struct Skipped {};
template <class T>
constexpr Skipped<T> skip(T&) {
    return {};
}
/// The same of a field that is a reference.
template <class T>
constexpr Skipped<T*> skip_reference(T&) {
    return {};
}

namespace detail {

template <class T>
constexpr T* hold(T& field) {
    return &field;
}
template <class T>
constexpr Skipped<T> hold(Skipped<T>&&) {
    return {};
}
template <class T>
constexpr T& held(T* field) {
    return *field;
}
template <class T>
constexpr Skipped<T> held(Skipped<T>) {
    return {};
}

}  // namespace detail

/// Of members(): `return reflect::fields(a_, b_, reflect::skip(c_));`. What it returns calls what
/// it is given with all of them at once. No tuple: one of a hundred fields takes the compiler
/// fifteen seconds.
template <class... A>
constexpr auto fields(A&&... field) {
    return [... all = detail::hold(std::forward<A>(field))](auto&& call) -> decltype(auto) {
        return call(detail::held(all)...);
    };
}
/// What members() names, as Types.
template <HasMembers T>
using TypesOfMembers = decltype(std::declval<T&>().members()(
    [](auto&&... field) { return Types<std::remove_reference_t<decltype(field)>...>{}; }));

namespace detail {

// How many `{}` an aggregate can be made of: a pack cannot be expanded into braces.
template <class T>
concept Takes1 = requires { T{{}}; };
template <class T>
concept Takes2 = requires { T{{}, {}}; };
template <class T>
concept Takes3 = requires { T{{}, {}, {}}; };
template <class T>
concept Takes4 = requires { T{{}, {}, {}, {}}; };
template <class T>
concept Takes5 = requires { T{{}, {}, {}, {}, {}}; };
template <class T>
concept Takes6 = requires { T{{}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes7 = requires { T{{}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes8 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes9 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes10 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes11 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes12 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes13 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes14 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes15 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes16 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes17 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}}; };
template <class T>
concept Takes18 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}}; };
template <class T>
concept Takes19 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}}; };
template <class T>
concept Takes20 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}}; };
template <class T>
concept Takes21 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}}; };
template <class T>
concept Takes22 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}}; };
template <class T>
concept Takes23 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes24 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes25 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes26 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes27 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes28 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes29 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes30 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes31 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes32 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes33 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes34 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes35 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes36 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes37 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes38 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes39 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes40 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
template <class T>
concept Takes41 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}}; };
template <class T>
concept Takes42 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}}; };
template <class T>
concept Takes43 = requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
    {}, {}}; };

template <class T>
constexpr std::size_t count_fields() {
    if constexpr (Takes43<T>) return 43;
    else if constexpr (Takes42<T>) return 42;
    else if constexpr (Takes41<T>) return 41;
    else if constexpr (Takes40<T>) return 40;
    else if constexpr (Takes39<T>) return 39;
    else if constexpr (Takes38<T>) return 38;
    else if constexpr (Takes37<T>) return 37;
    else if constexpr (Takes36<T>) return 36;
    else if constexpr (Takes35<T>) return 35;
    else if constexpr (Takes34<T>) return 34;
    else if constexpr (Takes33<T>) return 33;
    else if constexpr (Takes32<T>) return 32;
    else if constexpr (Takes31<T>) return 31;
    else if constexpr (Takes30<T>) return 30;
    else if constexpr (Takes29<T>) return 29;
    else if constexpr (Takes28<T>) return 28;
    else if constexpr (Takes27<T>) return 27;
    else if constexpr (Takes26<T>) return 26;
    else if constexpr (Takes25<T>) return 25;
    else if constexpr (Takes24<T>) return 24;
    else if constexpr (Takes23<T>) return 23;
    else if constexpr (Takes22<T>) return 22;
    else if constexpr (Takes21<T>) return 21;
    else if constexpr (Takes20<T>) return 20;
    else if constexpr (Takes19<T>) return 19;
    else if constexpr (Takes18<T>) return 18;
    else if constexpr (Takes17<T>) return 17;
    else if constexpr (Takes16<T>) return 16;
    else if constexpr (Takes15<T>) return 15;
    else if constexpr (Takes14<T>) return 14;
    else if constexpr (Takes13<T>) return 13;
    else if constexpr (Takes12<T>) return 12;
    else if constexpr (Takes11<T>) return 11;
    else if constexpr (Takes10<T>) return 10;
    else if constexpr (Takes9<T>) return 9;
    else if constexpr (Takes8<T>) return 8;
    else if constexpr (Takes7<T>) return 7;
    else if constexpr (Takes6<T>) return 6;
    else if constexpr (Takes5<T>) return 5;
    else if constexpr (Takes4<T>) return 4;
    else if constexpr (Takes3<T>) return 3;
    else if constexpr (Takes2<T>) return 2;
    else if constexpr (Takes1<T>) return 1;
    else return 0;
}

template <class T, class F>
constexpr decltype(auto) with_few(T& value, F&& call) {
    constexpr auto n = count_fields<std::remove_const_t<T>>();
    if constexpr (n == 0) {
        return call();
    } else if constexpr (n == 1) {
        auto& [one] = value;
        return call(one);
    } else if constexpr (n == 2) {
        auto& [one, two] = value;
        return call(one, two);
    } else if constexpr (n == 3) {
        auto& [one, two, three] = value;
        return call(one, two, three);
    } else if constexpr (n == 4) {
        auto& [one, two, three, four] = value;
        return call(one, two, three, four);
    } else if constexpr (n == 5) {
        auto& [one, two, three, four, five] = value;
        return call(one, two, three, four, five);
    } else if constexpr (n == 6) {
        auto& [one, two, three, four, five, six] = value;
        return call(one, two, three, four, five, six);
    } else if constexpr (n == 7) {
        auto& [one, two, three, four, five, six, seven] = value;
        return call(one, two, three, four, five, six, seven);
    } else if constexpr (n == 8) {
        auto& [one, two, three, four, five, six, seven, eight] = value;
        return call(one, two, three, four, five, six, seven, eight);
    } else if constexpr (n == 9) {
        auto& [one, two, three, four, five, six, seven, eight, nine] = value;
        return call(one, two, three, four, five, six, seven, eight, nine);
    } else if constexpr (n == 10) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten);
    } else if constexpr (n == 11) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11);
    } else if constexpr (n == 12) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12);
    }
}

template <class T, class F>
constexpr decltype(auto) with_some(T& value, F&& call) {
    constexpr auto n = count_fields<std::remove_const_t<T>>();
    if constexpr (n == 13) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13);
    } else if constexpr (n == 14) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13,
            a14] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14);
    } else if constexpr (n == 15) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15);
    } else if constexpr (n == 16) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16);
    } else if constexpr (n == 17) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17);
    } else if constexpr (n == 18) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18);
    } else if constexpr (n == 19) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19);
    } else if constexpr (n == 20) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20);
    } else if constexpr (n == 21) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21);
    }
}

template <class T, class F>
constexpr decltype(auto) with_many(T& value, F&& call) {
    constexpr auto n = count_fields<std::remove_const_t<T>>();
    if constexpr (n == 22) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22);
    } else if constexpr (n == 23) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23);
    } else if constexpr (n == 24) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24);
    } else if constexpr (n == 25) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25);
    } else if constexpr (n == 26) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26);
    } else if constexpr (n == 27) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27);
    } else if constexpr (n == 28) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28);
    } else if constexpr (n == 29) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29);
    }
}

template <class T, class F>
constexpr decltype(auto) with_most(T& value, F&& call) {
    constexpr auto n = count_fields<std::remove_const_t<T>>();
    if constexpr (n == 30) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30);
    } else if constexpr (n == 31) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31);
    } else if constexpr (n == 32) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31,
            a32] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31,
            a32);
    } else if constexpr (n == 33) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32,
            a33] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31,
            a32, a33);
    } else if constexpr (n == 34) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32,
            a33, a34] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31,
            a32, a33, a34);
    } else if constexpr (n == 35) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32,
            a33, a34, a35] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31,
            a32, a33, a34, a35);
    } else if constexpr (n == 36) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32,
            a33, a34, a35, a36] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31,
            a32, a33, a34, a35, a36);
    }
}

template <class T, class F>
constexpr decltype(auto) with_all(T& value, F&& call) {
    constexpr auto n = count_fields<std::remove_const_t<T>>();
    if constexpr (n == 37) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32,
            a33, a34, a35, a36, a37] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31,
            a32, a33, a34, a35, a36, a37);
    } else if constexpr (n == 38) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32,
            a33, a34, a35, a36, a37, a38] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31,
            a32, a33, a34, a35, a36, a37, a38);
    } else if constexpr (n == 39) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32,
            a33, a34, a35, a36, a37, a38, a39] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31,
            a32, a33, a34, a35, a36, a37, a38, a39);
    } else if constexpr (n == 40) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32,
            a33, a34, a35, a36, a37, a38, a39, a40] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31,
            a32, a33, a34, a35, a36, a37, a38, a39, a40);
    } else if constexpr (n == 41) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32,
            a33, a34, a35, a36, a37, a38, a39, a40, a41] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31,
            a32, a33, a34, a35, a36, a37, a38, a39, a40, a41);
    } else if constexpr (n == 42) {
        auto& [one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14, a15,
            a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32,
            a33, a34, a35, a36, a37, a38, a39, a40, a41, a42] = value;
        return call(one, two, three, four, five, six, seven, eight, nine, ten, a11, a12, a13, a14,
            a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31,
            a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42);
    }
}

}  // namespace detail

/// Of an aggregate.
template <class T>
inline constexpr std::size_t field_count = detail::count_fields<T>();
inline constexpr std::size_t k_limit_fields = 42;

/// Calls `call` with all fields of an aggregate at once.
template <class T, class F>
constexpr decltype(auto) with_fields(T& value, F&& call) {
    constexpr auto n = field_count<std::remove_const_t<T>>;
    static_assert(std::is_aggregate_v<T>, "a class needs members(), see base/reflect.hpp");
    static_assert(n > 0 || std::is_empty_v<T>, "a field cannot be made of nothing: the type needs "
                                               "members(), or would be taken for an empty one");
    static_assert(n <= k_limit_fields, "too many fields: extend this file, or give it members()");
    if constexpr (n <= 12) {
        return detail::with_few(value, std::forward<F>(call));
    } else if constexpr (n <= 21) {
        return detail::with_some(value, std::forward<F>(call));
    } else if constexpr (n <= 29) {
        return detail::with_many(value, std::forward<F>(call));
    } else if constexpr (n <= 36) {
        return detail::with_most(value, std::forward<F>(call));
    } else {
        return detail::with_all(value, std::forward<F>(call));
    }
}

namespace detail {

template <class T>
struct Kept {
    using type = std::remove_reference_t<T>;
};
template <class T>
struct Kept<Skipped<T>> {
    using type = T;
};

/// Where a class ends whose fields are these, in this order.
template <class... F>
constexpr std::size_t size_of_fields(std::size_t align_whole) {
    std::size_t at = 0;
    const auto up = [](std::size_t n, std::size_t a) { return (n + a - 1) / a * a; };
    (static_cast<void>(at = up(at, alignof(F)) + sizeof(F)), ...);
    return up(at, align_whole);
}
template <class T, class... F>
constexpr bool is_whole(Types<F...>) {
    return size_of_fields<typename Kept<F>::type...>(alignof(T)) == sizeof(T);
}

template <auto value>
constexpr bool is_enumerator() {
    // "... value = ha::Kind::start]", and "... value = (ha::Kind)7]" for what has no name.
    const std::string_view text = __PRETTY_FUNCTION__;
    return text[text.find("value = ") + 8] != '(';
}
template <class E, std::size_t first, std::size_t... I>
constexpr std::uint64_t enumerators_among(std::index_sequence<I...>) {
    return ((std::uint64_t{is_enumerator<static_cast<E>(first + I)>()} << I) | ...);
}

}  // namespace detail

/// members() names every field of the class, in the order of their declaration.
template <HasMembers T>
inline constexpr bool is_whole = detail::is_whole<T>(TypesOfMembers<T>{});

/// "Tick" of ha::engine::Tick.
template <class T>
constexpr std::string_view name_of_type() {
    // "... [with T = ha::engine::Tick; ...]", "... [T = ha::engine::Tick]"
    std::string_view text = __PRETTY_FUNCTION__;
    text.remove_prefix(text.find("T = ") + 4);
    text = text.substr(0, text.find_first_of(";]"));
    return text.substr(text.rfind(':') + 1);
}

/// Is there an enumerator with this value? Of enumerations whose values are below 64, or below 256
/// when they take more than a byte.
template <class E>
constexpr bool is_enumerator(std::uint64_t value) {
    using detail::enumerators_among;
    using Block = std::make_index_sequence<64>;
    if constexpr (sizeof(E) == 1) {
        constexpr auto known = enumerators_among<E, 0>(Block{});
        return value < 64 && ((known >> value) & 1) != 0;
    } else {
        constexpr std::uint64_t known[] = {
            enumerators_among<E, 0>(Block{}), enumerators_among<E, 64>(Block{}),
            enumerators_among<E, 128>(Block{}), enumerators_among<E, 192>(Block{})};
        return value < 256 && ((known[value / 64] >> value % 64) & 1) != 0;
    }
}

}  // namespace ha::reflect
