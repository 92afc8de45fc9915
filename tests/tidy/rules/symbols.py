"""What the core calls: the undefined symbols of its libraries against a list of the harmless.

A floor below the runtime that asked a clock, opened a file or a socket, began a thread, or read the
environment or a random device would show here, whatever it includes.
"""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import matrix
import tree

# As c++filt prints them. Everything else that is neither defined in the core is an offence.
ALLOWED = [
    r"operator (new|delete)(\[\])?\(.*\)",
    r"__cxa_\w+", r"__gxx_personality_v0", r"_Unwind_Resume", r"_GLOBAL_OFFSET_TABLE_",
    r"__dso_handle", r"__stack_chk_fail", r"__assert_fail", r"abort", r"atexit",
    r"vtable for __cxxabiv1::\w+",
    r"(vtable|typeinfo|typeinfo name) for std::\w*(error|exception|bad_\w+|out_of_range)",
    r"std::__throw_\w+\(.*\)", r"std::terminate\(\)", r"std::uncaught_exceptions?\(\)",
    r"std::(exception|logic_error|runtime_error|length_error|out_of_range|bad_\w+|system_error)::.*",
    r"std::_Rb_tree_\w+\(.*\)", r"std::__detail::_\w+(::|\().*", r"std::_Hash_bytes\(.*\)",
    r"std::__cxx11::(basic_string|to_string).*", r"std::to_chars\(.*\)", r"std::from_chars\(.*\)",
    r"std::(_V2::)?(generic|system)_category\(\)", r"std::_V2::error_category::.*",
    r"mem(cpy|move|set|cmp|chr)", r"bcmp", r"str(len|cmp|ncmp|chr|ncpy|nlen)", r"v?snprintf",
    r"__(mem(cpy|move|set)|v?snprintf|strncpy)_chk", r"strerror_r",
    r"(f)?(floor|ceil|log|exp|pow|sqrt|lround|llround|round|log2|erfc)f?",
    # What a failed assertion says before it ends the process.
    r"stderr", r"fprintf", r"__fprintf_chk", r"fflush", r"fputs", r"fwrite",
    # Of a build with sanitizers or coverage.
    r"__(asan|ubsan|tsan|sanitizer|gcov)_\w+",
]
ALLOWED_PATTERN = re.compile("|".join(f"(?:{pattern})" for pattern in ALLOWED))
PER_FLOOR = {}  # further names, by floor, with the reason beside them

# What the pattern must refuse, as a test of the list itself.
REFUSED = ["clock_gettime", "std::chrono::_V2::steady_clock::now()",
           "std::chrono::_V2::system_clock::now()", "time", "gettimeofday", "socket", "sendto",
           "open", "open64", "fopen", "read", "write", "fsync", "pthread_create", "getenv",
           "dlopen",
           "std::thread::_M_start_thread(std::unique_ptr<>, void (*)())", "getrandom", "rand",
           "std::random_device::_M_getval()", "std::filesystem::exists(path)", "nanosleep",
           "std::basic_ifstream<char>::open(char const*)", "fork", "mmap", "usleep",
           "std::condition_variable::notify_one()", "pthread_mutex_lock", "std::cout"]


def symbols(library, option):
    text = subprocess.run(["nm", option, library], check=True, capture_output=True,
                          text=True).stdout
    return {line.split()[-1] for line in text.splitlines() if line.strip() and line[-1] != ":"}


def names_of(mangled):
    ordered = sorted(mangled)
    text = subprocess.run(["c++filt"], input="\n".join(ordered), check=True, capture_output=True,
                          text=True).stdout
    return dict(zip(ordered, text.splitlines()))


def main():
    folder = sys.argv[1]
    verdicts = tree.Verdicts()
    refused = [name for name in REFUSED if ALLOWED_PATTERN.fullmatch(name)]
    verdicts.claim("the list of allowed calls has no clock, file, socket, thread or random device",
                   refused)
    libraries = {floor: os.path.join(folder, "libha", floor, f"libha-{floor}.a")
                 for floor in matrix.PURE_FLOORS
                 if os.path.exists(os.path.join(tree.ROOT, "libha", floor, "meson.build"))}
    defined = set()
    for library in libraries.values():
        defined |= symbols(library, "--defined-only")
    for floor, library in libraries.items():
        undefined = names_of(symbols(library, "--undefined-only") - defined)
        allowed = PER_FLOOR.get(floor, {})
        offences = [f"libha/{floor} calls {name}" for name in sorted(undefined.values())
                    if not ALLOWED_PATTERN.fullmatch(name) and name not in allowed]
        verdicts.claim(f"libha/{floor} calls nothing of the operating system", offences)
    verdicts.end()


main()
