"""Words that do not belong into the tree: sleeps in tests, debts, machine paths, registry hosts."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tree

TEXT = tree.CODE + (".py", ".build", ".pml", ".md", ".txt", ".sh", ".ts", ".json", "/run", "run",
                    "install", "deps", "soak")
SLEEP = re.compile(
    r"\b(sleep_for|sleep_until|usleep|nanosleep|clock_nanosleep)\b|(?<![\w.>])sleep\(")

# Waits that poll a condition under a deadline, or that are the load of a test: file, how many.
WAITS = {
    "tests/system/plugins/lab.cpp": 1,          # between two looks at a condition
    "tests/unit/plugin/fake_host.hpp": 1,       # between two looks at a condition
    "tests/unit/runtime/executor.cpp": 1,       # a worker that blocks until it is cancelled
    "tests/unit/runtime/storage.cpp": 1,        # a disk that is a little slow
}
# What may sleep for its living: programs and not tests of the core.
SLEEPERS = ("tests/bench/", "libha/admin/", "tests/runner/", "examples/", "plugins/", "libha/runtime/",
            "tests/tidy/", "tests/system/", "daemon/")
PATHS = re.compile(r"(?<![\w.$}/])/(work|home|Users|mnt)/\w")
HOSTS = re.compile(
    r"\b(pypi\.org|pythonhosted\.org|registry\.npmjs|npmjs\.(org|com)|crates\.io|deb\.debian\.org|"
    r"proxy\.golang\.org|rubygems\.org|repo1?\.maven|wrapdb\.mesonbuild\.com|"
    r"security\.debian\.org|ftp\.[a-z.]*debian\.org)")
DEBT = re.compile(r"\b(TODO(?!\(\w+\): \S)|FIXME|HACK)\b|(?<!-)\bXXX\b")
DEAD_CODE = re.compile(r"^\s*//\s*[\w:>.\-]+\([^)]*\);\s*$|^\s*#\s*if\s+0\b")
# These files name what they forbid.
SELF = "tests/tidy/"


def lines_with(pattern, texts, except_below=()):
    out = []
    for path, text in texts:
        if path.startswith((SELF,) + tuple(except_below)):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if pattern.search(line):
                out.append(f"{path}:{number}: {line.strip()[:90]}")
    return out


def sleeps(texts):
    counts = {}
    for offence in lines_with(SLEEP, texts, SLEEPERS):
        counts.setdefault(offence.split(":")[0], []).append(offence)
    out = []
    for path, found in counts.items():
        if len(found) > WAITS.get(path, 0):
            out += found
    return out


def samples():
    """What the patterns must and must not find."""
    wrong = []
    for pattern, text, is_found in (
            (SLEEP, "std::this_thread::sleep_for(1s);", True), (SLEEP, "  sleep(1);", True),
            (SLEEP, "node.sleep(1s);", False), (SLEEP, "// no sleep, ever", False),
            (PATHS, "open(\"/home/me/x\")", True), (PATHS, "cd /work/tree", True),
            (PATHS, "/var/lib/ha and $here/work/x", False), (DEBT, "// TODO: later", True),
            (DEBT, "// TODO(ann): when clang 17 is in Debian", False),
            (DEBT, "ha-test-XXXXXX", False), (HOSTS, "https://crates.io/x", True),
            (DEAD_CODE, "    // step(now);", True),
            (DEAD_CODE, "/// Says what step(now) does.", False),
            (DEAD_CODE, "#if 0", True)):
        if bool(pattern.search(text)) != is_found:
            wrong.append(f"{pattern.pattern[:30]}...: {text}")
    return wrong


def main():
    verdicts = tree.Verdicts()
    texts = tree.texts(*TEXT)
    code = [(path, text) for path, text in texts if path.endswith(tree.CODE + (".py",))]
    verdicts.claim("the patterns find what they should", samples())
    verdicts.claim("tests do not sleep", sleeps(code))
    verdicts.claim("no debts without a name and a condition", lines_with(DEBT, code))
    verdicts.claim("no code that is commented out", lines_with(DEAD_CODE, code))
    verdicts.claim("no paths of one machine", lines_with(PATHS, texts))
    verdicts.claim("no hosts of package registries", lines_with(HOSTS, texts))
    verdicts.end()


main()
