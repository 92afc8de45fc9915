"""The tree that the rules look at, and the way they tell what they found."""

import os
import sys

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
K_SHOWN_MAX = 60
NOT_OURS = {".git", ".cache", "__pycache__", "node_modules"}
CODE = (".cpp", ".hpp", ".c", ".h")


def is_ours(folder, name):
    return not (name in NOT_OURS or (folder == ROOT and name.startswith("build")) or
                folder == os.path.join(ROOT, "subprojects"))


def files(*endings, below=("",)):
    """Paths relative to the root, sorted, of all files with one of these endings."""
    out = []
    for top in below:
        for folder, folders, names in os.walk(os.path.join(ROOT, top) if top else ROOT):
            folders[:] = [name for name in folders if is_ours(folder, name)]
            out += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names
                    if not endings or name.endswith(endings)]
    return sorted(set(out))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def texts(*endings, below=("",)):
    return [(path, read(path)) for path in files(*endings, below=below)]


class Verdicts:
    """Claims of one rule; the program ends with end()."""

    def __init__(self):
        self.failed = 0

    def claim(self, text, offences):
        print(f"{'FAIL' if offences else 'PASS'} {text}")
        for offence in offences[:K_SHOWN_MAX]:
            print(f"    {offence}")
        if len(offences) > K_SHOWN_MAX:
            print(f"    and {len(offences) - K_SHOWN_MAX} more")
        self.failed += bool(offences)

    def skip(self, text, why):
        print(f"SKIP {text}: {why}")

    def end(self):
        sys.exit(1 if self.failed else 0)
