"""Who may include what: the table of the house, and the judge of one file's includes."""

import re

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"]', re.M)

# Standard headers that name no clock, file, thread or socket. <chrono> is here for its literals and
# units; that nobody asks its clocks is shown by the symbols of the libraries.
PURE_STD = set("""
algorithm array bit bitset cassert charconv chrono climits compare concepts cstdarg cstddef cstdint
cstdio cstdlib cstring deque exception expected forward_list functional initializer_list iterator
limits list map memory new numbers numeric optional queue ranges set source_location span stack
stdexcept string string_view tuple type_traits typeinfo unordered_map unordered_set utility variant
vector version
""".split())
PURE_BOOST = {"boost/system/result.hpp", "boost/crc.hpp"}
FREESTANDING = {"stdint.h", "stddef.h", "stdbool.h"}

# Includes that the table forbids and that stand all the same, by name and with the reason.
EXCEPTIONS = {
    ("libha/include/ha/plugin/values.hpp", "arpa/inet.h"): "inet_pton reads an address from text",
    ("libha/api/catalog.hpp", "plugin/registry.hpp"): "tells the configuration which types are here",
    ("libha/api/insight.cpp", "engine/insight.hpp"): "values that explain a decision",
}

CORE = ["base", "model", "wire", "detect", "membership", "consensus", "placement", "lifecycle"]

# Floor: the floors that it may include beside itself.
FLOORS = {
    "base": [],
    "model": ["base"],
    "wire": ["base"],
    "detect": ["base"],
    "membership": ["base", "wire", "detect"],
    "consensus": ["base", "wire", "membership"],
    "placement": ["base", "model"],
    "lifecycle": ["base", "model"],
    "engine": CORE,
    "plugin": ["base", "model", "ha/plugin"],
    "runtime": CORE + ["engine", "plugin", "ha/plugin"],
    # The contract of plugins belongs to neither party; the loader of the configuration checks values
    # of parameters with the same code as the glove.
    "config": ["base", "model", "ha/plugin"],
    "api": ["base", "model", "runtime", "config", "ha"],
    "report": ["base", "ha"],
    "admin": ["base", "ha"],
}
PURE_FLOORS = CORE + ["engine"]

# Headers of other houses: the beginning of their names, and the places that may include them.
FOREIGN = {
    "boost/asio": ["libha/runtime", "libha/admin", "daemon"],
    "boost/beast": ["libha/admin", "daemon"],
    "boost/dll": ["libha/plugin"],
    "boost/program_options": ["daemon", "examples"],
    "boost/system/": ["libha/base", "libha/plugin", "libha/runtime", "plugins/support"],
    "boost/crc.hpp": ["libha/base"],
    "nlohmann/": ["libha/config", "libha/admin", "daemon"],
    "openssl/": ["libha/runtime", "libha/admin"],
    "libmnl/": ["plugins/support/netlink"],
    "expat.h": ["plugins/fence/fence_agents"],
    "dlfcn.h": ["libha/plugin", "libha/runtime"],
    "curl/": ["libha/report"],
    "archive.h": ["libha/report"],
    "archive_entry.h": ["libha/report"],
    "zstd.h": ["libha/runtime"],
}


def place_of(path):
    """(kind, name) of the part of the house that holds this file."""
    parts = path.split("/")
    if parts[:3] == ["libha", "include", "ha"]:
        is_abi = len(parts) > 4 and parts[3] == "plugin" and path.endswith(".h")
        return ("abi" if is_abi else "public"), "ha"
    if parts[0] == "libha":
        return "floor", parts[1]
    if parts[0] == "plugins" and parts[1] in ("sdk", "support"):
        return parts[1], parts[1]
    if parts[0] == "plugins":
        return "plugin", "/".join(parts[1:3])
    return parts[0], parts[1]


def is_below(name, prefixes):
    return any(name == prefix or name.startswith(prefix.rstrip("/") + "/") for prefix in prefixes)


def judge_foreign(path, name):
    for prefix, places in FOREIGN.items():
        if name.startswith(prefix) and not is_below(path, places):
            return f"only {', '.join(places)} may include <{name}>"
    return None


def judge_own(kind, place, name):
    """Why this place may not include one of our own headers, or None."""
    if kind == "floor":
        allowed = [place] + FLOORS.get(place, [])
        if place not in FLOORS:
            return f"the house has no floor {place}"
        if is_below(name, allowed):
            return None
        return f"libha/{place} may include {', '.join(allowed)} and the standard library"
    allowed = {
        "public": ["ha"], "abi": [], "sdk": ["ha"], "support": ["ha", "support"],
        "plugin": ["ha", "support", place], "examples": ["ha"],
        "daemon": {"hactl": ["hactl", "ha", "config", "model", "base", "ha/plugin"], "had": ["had", "ha", "admin"],
                   "ha-guard": ["ha-guard", "base", "ha/plugin"]}.get(place, [place]),
    }.get(kind, [])
    return None if is_below(name, allowed) else f"{kind} may include {', '.join(allowed) or 'none'}"


OURS = list(FLOORS) + ["ha", "support", "resource", "monitor", "fence", "had", "hactl"]


def judge_include(path, bracket, name):
    kind, place = place_of(path)
    if (path, name) in EXCEPTIONS:
        return None
    if "../" in name and not (kind == "abi" and re.fullmatch(r"\.\./\w+\.h", name)):
        return "an include names its floor, not a way through folders"
    if reason := judge_foreign(path, name):
        return reason
    if name.split("/")[0] in OURS and "/" in name:
        return judge_own(kind, place, name)
    if kind == "abi" and bracket == "<" and name not in FREESTANDING:
        return "the plugin ABI includes only <stdint.h>, <stddef.h> and <stdbool.h>"
    is_pure = kind == "public" or (kind == "floor" and place in PURE_FLOORS)
    if is_pure and bracket == "<" and name not in PURE_STD | PURE_BOOST:
        return "only headers of the standard library without clock, file, thread or socket"
    if kind == "floor" and bracket == '"':
        return 'one of our own headers is included as "floor/file.hpp"'
    return None


def unused_exceptions(texts):
    """Exceptions that nothing needs any more, so that the list can only shrink."""
    seen = {(path, match.group(2)) for path, text in texts for match in INCLUDE.finditer(text)}
    return [f"{path} no longer includes {name}: take it out of EXCEPTIONS"
            for path, name in EXCEPTIONS if (path, name) not in seen]


def judge_text(path, text):
    """What is wrong with the includes of one file: sentences that begin with its place."""
    out = []
    for match in INCLUDE.finditer(text):
        if reason := judge_include(path, match.group(1), match.group(2)):
            line = text.count("\n", 0, match.start()) + 1
            out.append(f"{path}:{line}: includes {match.group(2)}: {reason}")
    return out
