"""Public headers alone: the plugin ABI as C99, C11 and C++20, the rest as C++20."""

import concurrent.futures
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tidy"))
import tree

STRICT = ["-pedantic-errors", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
C = [("gcc", "c", "c99"), ("gcc", "c", "c11")]
CPP = [("g++", "c++", "c++20")]


def compile_alone(top, header, compiler, language, standard):
    """What the compiler says first against this header, included twice, alone; or None."""
    text = f"#include <{header}>\n#include <{header}>\nint main(void);\n"
    done = subprocess.run(
        [compiler, *STRICT, f"-std={standard}", f"-I{tree.ROOT}/libha/include",
         f"-I{tree.ROOT}/{top}", "-x", language, "-"],
        input=text.replace("(void)", "()") if language == "c++" else text,
        capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    return next((line for line in done.stderr.splitlines() if "error" in line), done.stderr[:300])


def main():
    jobs = []
    for top in ("libha/include", "plugins/sdk"):
        for path in tree.files(".h", ".hpp", below=(top,)):
            header = os.path.relpath(path, top)
            jobs += [(top, header, *how) for how in (C + CPP if path.endswith(".h") else CPP)]
    verdicts = tree.Verdicts()
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for job, error in zip(jobs, pool.map(lambda job: compile_alone(*job), jobs)):
            verdicts.claim(f"<{job[1]}> compiles alone as {job[4]}", [error] if error else [])
    verdicts.end()


main()
