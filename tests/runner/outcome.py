"""What one test program said: how many claims passed, failed or were skipped, and why."""

import dataclasses
import re

K_SKIP_CODE = 77
K_OUTPUT_MAX = 60_000
K_CLAIM_MAX = 400
K_CLAIMS_MAX = 10

TOTALS = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.M)
DOCTEST = re.compile(r"^\[doctest\] test cases: +(\d+) \| +(\d+) passed \| +(\d+) failed", re.M)
VERDICT = re.compile(r"^\s*(PASS|FAIL|SKIP)\b[: ]+(.*)$", re.M)
FAILED = re.compile(r"^\s*FAIL\b.*$|^.* ERROR: .*$", re.M)
DOCTEST_CASE = re.compile(r"^(?:TEST CASE|  Scenario): +(.*)$")
DOCTEST_SKIP = re.compile(r"MESSAGE: skipped: (.*)$")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclasses.dataclass
class Outcome:
    """Counts of claims; skips as (what, why); the reason if the whole program went wrong."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    skips: list = dataclasses.field(default_factory=list)
    trouble: str = ""
    output: str = ""
    is_by_code: bool = False  # it said nothing that can be counted


def doctest_skips(text):
    """Cases that say themselves, by a message, that they were skipped: {case: why}."""
    case, skips = "", {}
    for line in text.splitlines():
        if match := DOCTEST_CASE.match(line):
            case = match.group(1)
        elif match := DOCTEST_SKIP.search(line):
            skips.setdefault(case, match.group(1))
    return skips


def read_counts(name, text, code):
    """Counts from the output alone: totals if it gives them, else doctest's, else its lines."""
    out = Outcome()
    verdicts = VERDICT.findall(text)
    out.skips = [(name, rest.strip()) for word, rest in verdicts if word == "SKIP"]
    if totals := TOTALS.findall(text):
        out.passed, out.failed, out.skipped = (int(number) for number in totals[-1])
    elif summaries := DOCTEST.findall(text):
        out.passed = sum(int(summary[1]) for summary in summaries)
        out.failed = sum(int(summary[2]) for summary in summaries)
        out.skips = list(doctest_skips(text).items())
        out.skipped = min(len(out.skips), out.passed)
        out.passed -= out.skipped
        if out.passed + out.failed + out.skipped == 0:
            out.trouble = "no test case ran"
    elif verdicts:
        words = [word for word, _ in verdicts]
        out.passed, out.failed, out.skipped = (words.count(w) for w in ("PASS", "FAIL", "SKIP"))
    elif code == K_SKIP_CODE:
        lines = [line for line in text.splitlines() if line.strip()]
        why = lines[-1].removeprefix("skipped: ") if lines else "it does not say why"
        out.skipped, out.skips = 1, [(name, why)]
    else:
        out.passed, out.is_by_code = 1, True
    return out


def failed_claims(text):
    """The lines that say what failed, at most so many."""
    return [line.strip()[:K_CLAIM_MAX] for line in FAILED.findall(text)[:K_CLAIMS_MAX]]


def judge(name, text, code, seconds_max=None):
    """The outcome of a program that ended with `code`, or None: was stopped after its time."""
    text = COLOUR.sub("", text)
    out = read_counts(name, text, code)
    out.output = text if len(text) <= K_OUTPUT_MAX else "[...]\n" + text[-K_OUTPUT_MAX:]
    if code is None:
        out.trouble = f"did not end within {seconds_max:.0f} s"
    elif code < 0:
        out.trouble = f"was ended by signal {-code}"
    elif code not in (0, K_SKIP_CODE) and out.failed == 0:
        out.trouble = f"ended with exit code {code}"
    if out.trouble:
        if out.is_by_code:
            out.passed = 0
        out.failed = max(out.failed, 1)
    return out
