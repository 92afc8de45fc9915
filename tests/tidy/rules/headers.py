"""Every header compiles alone, with the flags of the library it belongs to.

A header that a source file of the build includes first of all has shown that already by the build;
only the others are compiled here.
"""

import concurrent.futures
import json
import os
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import matrix
import tree


def read_commands(build):
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        return json.load(file)


def shown_by_build(commands):
    """Headers that are the first include of some source file of the build."""
    out = set()
    for command in commands:
        source = os.path.normpath(os.path.join(command["directory"], command["file"]))
        path = os.path.relpath(source, tree.ROOT)
        if path.startswith("..") or not (first := matrix.INCLUDE.search(tree.read(path))):
            continue
        name = first.group(2)
        out |= {os.path.join(top, name) for top in
                (os.path.dirname(path), "libha", "libha/include", "plugins", "plugins/sdk")}
    return out


def flags_by_folder(commands):
    """The flags of the source file that sees most, of each folder of the tree that has any."""
    out = {}
    for command in commands:
        source = os.path.normpath(os.path.join(command["directory"], command["file"]))
        folder = os.path.relpath(os.path.dirname(source), tree.ROOT)
        words = shlex.split(command["command"])
        flags = [word for word in words
                 if word.startswith(("-I", "-isystem", "-D", "-std=c++", "-std=gnu++"))]
        if source.endswith(".cpp"):
            if folder not in out or len(flags) > len(out[folder][0]):
                out[folder] = (flags, command["directory"])
    return out


def check(header, flags, directory):
    text = f'#include "{os.path.join(tree.ROOT, header)}"\n#include "{tree.ROOT}/{header}"\n'
    done = subprocess.run(["g++", *flags, "-x", "c++", "-fsyntax-only", "-Wall", "-Wextra", "-"],
                          input=text, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    first = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr[:200])
    return f"{header}: {first}"


def main():
    verdicts = tree.Verdicts()
    commands = read_commands(sys.argv[2])
    folders, shown = flags_by_folder(commands), shown_by_build(commands)
    public = [f"-I{tree.ROOT}/libha/include", f"-I{tree.ROOT}/plugins/sdk", "-std=c++20"]
    jobs, orphans = [], []
    for header in tree.files(".hpp", ".h", below=("libha", "plugins", "daemon", "tests")):
        folder = os.path.dirname(header)
        if header in shown:
            continue
        if header.startswith(("libha/include/", "plugins/sdk/")):
            jobs.append((header, public, tree.ROOT))
        elif folder in folders:
            jobs.append((header, *folders[folder]))
        elif folder != "tests/support":
            orphans.append(f"{header}: nothing in its folder is built")
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        offences = [found for found in pool.map(lambda job: check(*job), jobs) if found]
    verdicts.claim(f"every header compiles alone ({len(shown)} by the build, {len(jobs)} here)", offences)
    verdicts.claim("every header belongs to something that is built", orphans)
    verdicts.end()


main()
