"""The runner of the tests counts what programs say, and believes no program that went wrong."""

import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tree

sys.path.insert(0, os.path.join(tree.ROOT, "tests", "runner"))
import outcome
import process

SUMMARY = "[doctest] test cases: {0} | {1} passed | {2} failed | {3} skipped\n"
SKIPPED_CASE = "TEST CASE:  a full disk\n\nx.cpp:1: MESSAGE: skipped: no mount here\n\n"

# Output, exit code (None: stopped after its time), and what must be counted.
SAMPLES = [
    ("totals win", "PASS a\nPASS b\n7 passed, 1 failed, 2 skipped\n", 1, (7, 1, 2)),
    ("doctest", SUMMARY.format("12", "12", "0", "3"), 0, (12, 0, 0)),
    ("doctest with spaces", SUMMARY.format("   3", "  2", "1", "0"), 1, (2, 1, 0)),
    ("a case that says it was skipped", SKIPPED_CASE + SUMMARY.format(3, 3, 0, 0), 0, (2, 0, 1)),
    ("doctest without cases", SUMMARY.format(0, 0, 0, 9), 0, (0, 1, 0)),
    ("a crash after the summary", SUMMARY.format(3, 3, 0, 0), -11, (3, 1, 0)),
    ("a leak after the summary", SUMMARY.format(3, 3, 0, 0), 23, (3, 1, 0)),
    ("lines", "PASS a\nFAIL b\nSKIP c: no tool\n", 1, (1, 1, 1)),
    ("good lines and a bad end", "PASS a\nPASS b\n", 3, (2, 1, 0)),
    ("silence and success", "", 0, (1, 0, 0)),
    ("silence and failure", "", 1, (0, 1, 0)),
    ("a crash", "something\n", -6, (0, 1, 0)),
    ("skipped as a whole", "skipped: no namespaces\n", 77, (0, 0, 1)),
    ("too long", "PASS a\n", None, (1, 1, 0)),
    ("too long without a word", "", None, (0, 1, 0)),
    ("colours", "\x1b[32mPASS\x1b[0m a\n", 0, (1, 0, 0)),
]


def wrong_counts():
    out = []
    for name, text, code, wanted in SAMPLES:
        found = outcome.judge(name, text, code, 1)
        counts = (found.passed, found.failed, found.skipped)
        if counts != wanted:
            out.append(f"{name}: counted {counts}, not {wanted}")
    return out


def wrong_reasons():
    out = []
    found = outcome.judge("x", "skipped: no namespaces\n", 77)
    if found.skips != [("x", "no namespaces")]:
        out.append(f"exit code 77: {found.skips}")
    found = outcome.judge("x", SKIPPED_CASE + SUMMARY.format(3, 3, 0, 0), 0)
    if found.skips != [("a full disk", "no mount here")]:
        out.append(f"doctest: {found.skips}")
    return out


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def survivors():
    """A program that hangs, with a child: both are ended, and its clean-up is heard."""
    script = "trap 'echo cleaned; exit 0' TERM; sleep 600 & echo $!; wait"
    ended = process.run(["bash", "-c", script], 2)
    words = ended.text.split()
    if ended.code is not None or len(words) != 2 or words[1] != "cleaned":
        return [f"code {ended.code}, output {words}"]
    deadline = time.monotonic() + 30
    while is_alive(int(words[0])) and time.monotonic() < deadline:
        subprocess.run(["true"], check=True)
    return [f"process {words[0]} is still there"] if is_alive(int(words[0])) else []


def refusals():
    """A suite that does not exist is an error that names those that do."""
    done = subprocess.run([sys.executable, os.path.join(tree.ROOT, "tests/runner/main.py"), "unti"],
                          capture_output=True, text=True, check=False)
    if done.returncode == 2 and "unit" in done.stderr and "'unti'" in done.stderr:
        return []
    return [f"exit code {done.returncode}: {done.stderr.strip()}"]


def main():
    verdicts = tree.Verdicts()
    verdicts.claim(f"counts are read as they are meant ({len(SAMPLES)} samples)", wrong_counts())
    verdicts.claim("a skipped test keeps its reason", wrong_reasons())
    verdicts.claim("a test that hangs is ended with its children after it cleaned up", survivors())
    verdicts.claim("an unknown suite is refused by name", refusals())
    verdicts.end()


main()
