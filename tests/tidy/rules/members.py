"""Classes that name their fields for recordings (members(), base/reflect.hpp) name all of them.

The compiler compares sizes, and cannot see a flag that fits into a gap between two other fields.

    members.py --fix    writes the lists anew, in the order of the declarations
"""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tree

HEAD = re.compile(r"^(?:class|struct) ([\w:]+)(?: final)?(?: : [^{;]*)? \{$", re.M)
NAMED = re.compile(r"auto members\(\) \{\s*return reflect::fields\((.*?)\);\s*\}", re.S)
NO_FIELD = ("using ", "friend ", "static ", "enum ", "typedef ", "template", "public:", "private:")


def body_of(text, start):
    """What is between this brace and its partner."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[start + 1:at]
    return ""


def without_blocks(body):
    """Blocks within become "{}", so that only the class' own declarations are left."""
    out, depth = [], 0
    for one in body:
        depth -= one == "}"
        if depth == 0:
            out.append(one)
        depth += one == "{"
    return "".join(out)


def without_angles(text):
    before = None
    while before != text:
        before, text = text, re.sub(r"<[^<>]*>", "", text)
    return text


def fields_of(body):
    flat = without_blocks(re.sub(r"//[^\n]*", "", body))
    flat = re.sub(r"\b(public|private|protected):", "", flat)
    # The body of a function ends it without a semicolon; an initializer and a type do not.
    flat = re.sub(r"(\)[^;{}]*)\{\}(?!;)", r"\1{};", flat)
    out = []
    for one in flat.split(";"):
        one = " ".join(without_angles(one).split())
        if not one or "operator" in one or one.startswith(NO_FIELD) or "(" in one.split("=")[0]:
            continue
        if re.match(r"(struct|class) \w+( final)? \{\}$", one):
            continue
        names = re.findall(r"(\w+)(?:\{\}| = .*)?$", one)
        out += names
    return out


def named_in(list_text):
    return re.findall(r"(\w+)\)?(?:,|$)", " ".join(list_text.split()))


def judge(path, text):
    out = []
    seen = 0
    for head in HEAD.finditer(text):
        body = body_of(text, head.end() - 1)
        named = NAMED.search(body)
        if not named or HEAD.search(body):
            continue
        seen += 1
        have, want = named_in(named.group(1)), fields_of(body)
        if have != want:
            missing = [name for name in want if name not in have]
            what = f"lacks {', '.join(missing)}" if missing else "has them in another order"
            line = text.count("\n", 0, head.start()) + 1
            out.append(f"{path}:{line}: members() of {head.group(1)} {what}")
    return seen, out


def list_of(names):
    """`return reflect::fields(...);`, broken at 100 columns."""
    lines, line = [], "        return reflect::fields("
    for number, name in enumerate(names):
        piece = name + (", " if number < len(names) - 1 else ");")
        if len(line) + len(piece.rstrip()) > 100:
            lines.append(line.rstrip())
            line = " " * 31
        line += piece
    return "\n".join(lines + [line])


def fixed(text):
    """The text with whole lists; what is skipped stays so."""
    out = text
    for head in HEAD.finditer(text):
        body = body_of(text, head.end() - 1)
        named = NAMED.search(body)
        if not named or HEAD.search(body) or named_in(named.group(1)) == fields_of(body):
            continue
        skipped = {name: whole for whole, name in
                   re.findall(r"(reflect::skip\w*\((\w+)\))", named.group(1))}
        names = [skipped.get(name, name) for name in fields_of(body)]
        out = out.replace(named.group(0),
                          "auto members() {\n" + list_of(names) + "\n    }", 1)
    return out


def fix():
    for path, text in tree.texts(".hpp", ".cpp", below=("libha",)):
        if (whole := fixed(text)) != text:
            with open(os.path.join(tree.ROOT, path), "w", encoding="utf-8") as file:
                file.write(whole)
            print("written:", path)


def samples():
    """What the rule must and must not find."""
    whole = ("class A {\n   public:\n    auto members() {\n"
             "        return reflect::fields(a_, b_);\n    }\n"
             "    int f() const { return 1; }\n    void g();\n   private:\n"
             "    std::map<int, int> a_;  ///< x\n    bool b_ = false;\n};\n")
    wrong = [] if judge("", whole) == (1, []) else [f"a whole class: {judge('', whole)}"]
    lacking = whole.replace("bool b_ = false;", "bool b_ = false;\n    bool c_ = false;")
    if judge("", lacking) != (1, [":1: members() of A lacks c_"]):
        wrong.append(f"a class that lacks one: {judge('', lacking)}")
    if judge("", fixed(lacking)) != (1, []):
        wrong.append(f"a class that was fixed: {fixed(lacking)}")
    return wrong


def main():
    verdicts = tree.Verdicts()
    verdicts.claim("the rule finds what it should", samples())
    seen, out = 0, []
    for path, text in tree.texts(".hpp", ".cpp", below=("libha",)):
        count, offences = judge(path, text)
        seen += count
        out += offences
    if seen < 15:
        out.append(f"only {seen} classes with members() were seen")
    verdicts.claim("members() names every field of its class", out)
    verdicts.end()


if "--fix" in sys.argv:
    fix()
else:
    main()
