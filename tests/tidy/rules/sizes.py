"""Numbers of the house: 100 columns, 800 lines a file, 70 lines a function, a first line."""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tree

K_COLUMNS_MAX = 100
K_FILE_LINES_MAX = 800
K_FUNCTION_LINES_MAX = 70
K_README_LINES_MAX = 120

# Files above the wall, with the lines they may have: they may shrink and not grow.
LONG_FILES = {}

TEXT = tree.CODE + (".build", ".py", ".pml", ".map", ".ts")


def long_lines_allowed():
    """{file: how many of its lines may be too long}; a ratchet: the counts only fall."""
    lines = tree.read("tests/tidy/long-lines.txt").splitlines()
    words = [line.split() for line in lines if line and not line.startswith("#")]
    return {path: int(count) for path, count in words}


def columns():
    allowed, out = long_lines_allowed(), []
    for path, text in tree.texts(*TEXT):
        tab = 8 if path.startswith("kernel/") else 4
        found = [f"{path}:{number}: {len(line)} columns"
                 for number, line in enumerate(text.splitlines(), 1)
                 if len(line.expandtabs(tab)) > K_COLUMNS_MAX]
        limit = allowed.pop(path, 0)
        if len(found) > limit:
            out += found
        elif len(found) < limit:
            print(f"    {path}: {len(found)} long lines left; lower its count in long-lines.txt")
    out += [f"long-lines.txt names {path}, which is not there" for path in allowed]
    return out


def file_lines():
    out = []
    for path, text in tree.texts(*TEXT):
        lines = text.count("\n")
        if path in LONG_FILES:
            if lines > LONG_FILES[path]:
                out.append(f"{path}: {lines} lines, more than the {LONG_FILES[path]} it may have")
            elif lines <= K_FILE_LINES_MAX:
                out.append(f"{path}: short enough now; take it out of LONG_FILES")
        elif lines > K_FILE_LINES_MAX:
            out.append(f"{path}: {lines} lines")
    out += [f"LONG_FILES names {path}, which is not there" for path in LONG_FILES
            if not os.path.exists(os.path.join(tree.ROOT, path))]
    readme = tree.read("README.md").count("\n")
    if readme > K_README_LINES_MAX:
        out.append(f"README.md: {readme} lines, more than {K_README_LINES_MAX}")
    return out


def function_lines():
    code = tree.files(*tree.CODE)
    text = subprocess.run(
        ["ctags", "-f", "-", "--languages=C,C++", "--langmap=C++:+.h", "--kinds-C=f",
         "--kinds-C++=f", "--fields=ne", "-L", "-"],
        input="\n".join(code), cwd=tree.ROOT, check=True, capture_output=True, text=True).stdout
    out, seen = [], 0
    for line in text.splitlines():
        fields = dict(part.split(":", 1) for part in line.split("\t")[3:] if ":" in part)
        if "end" not in fields:
            continue
        seen += 1
        lines = int(fields["end"]) - int(fields["line"]) + 1
        if lines > K_FUNCTION_LINES_MAX:
            name, path = line.split("\t")[:2]
            out.append(f"{path}:{fields['line']}: {name} has {lines} lines")
    return seen, out


def first_lines():
    out = []
    for path, text in tree.texts(*tree.CODE, ".py"):
        if not re.match(r"(// |/\*\n \* |/\* |\"\"\")\S.{6,}", text):
            out.append(f"{path}:1: the first line is no comment that names the subject")
    for path, text in tree.texts("meson.build"):
        if not text.startswith("# ") and text.count("\n") > 12:
            out.append(f"{path}:1: the first line is no comment that names the subject")
    return out


def main():
    verdicts = tree.Verdicts()
    verdicts.claim(f"no line has more than {K_COLUMNS_MAX} columns", columns())
    verdicts.claim(f"no file has more than {K_FILE_LINES_MAX} lines", file_lines())
    verdicts.claim("every file begins with a comment that names its subject", first_lines())
    if shutil.which("ctags"):
        seen, offences = function_lines()
        if seen < 100:
            offences.append(f"only {seen} functions were seen: ctags does not understand us")
        verdicts.claim(f"no function has more than {K_FUNCTION_LINES_MAX} lines", offences)
    else:
        verdicts.skip("lengths of functions", "universal-ctags is not installed")
    verdicts.end()


main()
