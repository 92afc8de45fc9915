"""Each clause of what the cluster promises (tests/tidy/clauses.txt) is named by a test.

A citation is the clause's number in the name of a doctest case, in the title of a scenario
("== ..."), or on a line "# cites: ..." of a script that is a test.
"""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tree

LIST = "tests/tidy/clauses.txt"
LINE = re.compile(r"^(cluster\.md \d+|[A-Z]\d+)\s+(\S.*?)(?:\s+\[open(?::[^\]]*)?\])?$")
CASE = re.compile(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)')
TITLE = re.compile(r"^== (.*)$", re.MULTILINE)
CITES = re.compile(r"^\s*(?:#|//) cites: (.*)$", re.MULTILINE)
NUMBER = re.compile(r"cluster\.md \d+|\b[A-Z]\d+\b")


def clauses():
    """(number, is it open) of each line; and what is wrong with the list."""
    out, wrong = {}, []
    for place, line in enumerate(tree.read(LIST).splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        match = LINE.match(line)
        if not match or match.group(1) in out:
            wrong.append(f"{LIST}:{place}: not a clause, or one that is there already: {line}")
        else:
            out[match.group(1)] = "[open" in line
    return out, wrong


def citations():
    """By number of the clause: how many tests of which files."""
    out = {}
    for path, text in tree.texts(".cpp", ".txt", "/run", "run", ".sh", "properties", ".py",
                                 "two_node", "by_hand", "machine/watchdog", "machine/shutdown",
                                 below=("tests",)):
        if path.startswith("tests/tidy/"):
            continue
        names = CASE.findall(text) + CITES.findall(text)
        if path.endswith(".txt"):
            names += TITLE.findall(text)
        for name in names:
            for number in set(NUMBER.findall(name)):
                places = out.setdefault(number, {})
                places[path] = places.get(path, 0) + 1
    return out


def table(known, cited):
    for number, is_open in known.items():
        places = cited.get(number, {})
        where = ", ".join(os.path.relpath(path, "tests") for path in sorted(places)[:4])
        mark = ("partly" if places else "open") if is_open else ""
        print(f"  {number:<13}{sum(places.values()):>4}  {mark:<7}{where}")


verdicts = tree.Verdicts()
known, wrong = clauses()
cited = citations()
table(known, cited)
verdicts.claim("the list of clauses can be read", wrong)
verdicts.claim("each clause that is not open is cited by a test",
               [f"{number} is cited by no test" for number, is_open in known.items()
                if not is_open and number not in cited])
verdicts.end()
