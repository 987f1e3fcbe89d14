#!/usr/bin/python3
"""Every message that ends the program is in docs/errors.md, and has a test that provokes it.

  messages.py TOP            exit 1 with a line for every message that is not in the table, or in no test
  messages.py TOP --write    writes the table anew

A message is what a `throw` of core/error.h's classes says, or a function or lambda that does nothing else. In the table
what is filled in is "...". It has a test where its longest fixed piece stands in a file of tests/.
"""
import pathlib, re, sys

EXITS = {"ConfigError": 2, "UsageError": 2, "DataError": 3, "FileError": 3, "InUse": 3}
JOINED = {"ConfigError", "DataError", "FileError", "InUse"}  # (place, what) -> "place: what"
HOLE = "..."
# What no test can bring about, with the reason.
UNTESTED = {
    "...: holds nothing that could be drawn": "every run has a network, which is drawn; for results kept without one",
    "pipe: ...": "the system is out of file descriptors",
    "...: cannot start: ...": "the program that is running is gone",
    "...: cannot be run": "the system cannot start a shell",
    "...: cannot be read": "a disk that fails while it is read",
    "...: has more than ...": "a CSV of 4 GiB",
    "...: cannot be emptied: ...": "a directory whose files cannot be removed, to root",
    "model: ...: skip ... and branch ... differ": "no model here joins what does not fit; for who writes one",
    "model: ...: a ...x... kernel does not fit ...": "as above: all pad",
    "model: ...: a window of ...x... does not fit ...": "as above",
    "model: ...: cannot pad ... channels to ...": "as above",
}
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|(?P<raw>R"\((?P<inside>.*?)\)")|(?P<text>"(?:[^"\\\n]|\\.)*")|(?P<char>\'(?:[^\'\\]|\\.)+\')|(?P<word>[A-Za-z_]\w*)|(?P<sign>::|->|\S)', re.S)


def tokens(source):
    """("text" | "word" | "sign", value) of C++; literals side by side are one."""
    out = []
    for match in TOKEN.finditer(source):
        kind = match.lastgroup if match.lastgroup != "inside" else "raw"
        if kind is None:
            continue
        value = match[0]
        if kind in ("raw", "text"):
            value = match["inside"] if kind == "raw" else re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), value[1:-1])
            if out and out[-1][0] == "text":
                out[-1] = ("text", out[-1][1] + value)
                continue
            kind = "text"
        out.append((kind, value))
    return out


def inside(all, at):
    """The tokens between the bracket at `at` and the one that closes it."""
    depth, begin = 0, at + 1
    for k in range(at, len(all)):
        if all[k][0] == "sign":
            depth += all[k][1] in "([{"
            depth -= all[k][1] in ")]}"
            if depth == 0:
                return all[begin:k]
    return all[begin:]


def parts(all, sign):
    out, depth = [[]], 0
    for token in all:
        if token[0] == "sign":
            depth += token[1] in "([{"
            depth -= token[1] in ")]}"
        if depth == 0 and token == ("sign", sign):
            out.append([])
        else:
            out[-1].append(token)
    return out


def alternatives(expression):
    """What an expression may say: texts with HOLE for what is not known here."""
    question = next((k for k, token in enumerate(expression) if token == ("sign", "?") and len(parts(expression[:k], "?")) == 1 and balanced(expression[:k])), None)
    if question is not None and words_of(expression[:question])[2:] == [")", ".", "empty", "(", ")"]:  # ("name").empty(), of what was handed on
        yes, *no = parts(expression[question + 1:], ":")
        return alternatives(yes if expression[1][1] == "" else [token for piece in no for token in piece + [("sign", ":")]][:-1])
    if question is not None:
        yes, *no = parts(expression[question + 1:], ":")
        return alternatives(yes) + alternatives([token for piece in no for token in piece + [("sign", ":")]][:-1])
    sums = parts(expression, "+")
    if len(sums) > 1:
        out = [""]
        for term in sums:
            out = [a + b for a in out for b in alternatives(term)]
        return out
    words = [token[1] for token in expression]
    if len(expression) == 1 and expression[0][0] == "text":
        return [expression[0][1]]
    if words[:1] == ["("]:
        return alternatives(inside(expression, 0))
    if words[:3] == ["fmt", "::", "format"]:
        return [re.sub(r"\{[^{}]*\}", HOLE, parts(inside(expression, 3), ",")[0][0][1]).replace("{{", "{").replace("}}", "}")]
    if words[:3] == ["std", "::", "string"] and "(" in words:
        return alternatives(inside(expression, 3))
    if "explain" in words:  # document.explain(path, what)
        where, what = parts(inside(expression, words.index("explain") + 1), ",")
        return [a + ": " + b for a in alternatives(where) for b in alternatives(what)]
    if words[:1] == ["child"]:
        return [HOLE]
    return [HOLE]


def words_of(all):
    return [token[1] for token in all]


def balanced(all):
    signs = [token[1] for token in all if token[0] == "sign"]
    return sum(s in "([{" for s in signs) == sum(s in ")]}" for s in signs)


def tidy(message):
    message = re.sub(r"(\.\.\.)+", HOLE, message).replace("\n", " ")
    return re.sub(r"^: ", "", message)


def messages(path):
    """(exit, message) of a source file."""
    all = tokens(path.read_text())
    speakers = {}  # of functions that do nothing but throw: name -> (class, whole text of the throw's arguments, parameters)
    for k, token in enumerate(all):
        if token == ("word", "throw") and all[k + 1][1] in EXITS:
            head = [t[1] for t in all[max(0, k - 60):k]]
            if head and head[-1] == "{":  # the first statement of something
                text = " ".join(head)
                name = re.search(r"auto (\w+) = \[ & \] \(([^()]*)\) \{$", text) or re.search(r"\[ \[ noreturn \] \] void (\w+) \( ((?:(?!\[ \[).)*)\) (?:const )?\{$", text)
                if name:
                    speakers[name[1]] = (all[k + 1][1], [p.split()[-1] if "=" not in p else p.split("=")[0].split()[-1] for p in name[2].split(",")], inside(all, k + 2), k)
    for k, token in enumerate(all):
        kind = next_words = None
        if token == ("word", "throw") and all[k + 1][1] in EXITS and not any(s[3] == k for s in speakers.values()):
            kind, arguments = all[k + 1][1], inside(all, k + 2)
            yield from ((EXITS[kind], m) for m in spoken(kind, arguments))
        elif token[0] == "word" and token[1] in speakers and all[k + 1] == ("sign", "(") and all[k - 1][1] not in ("void", "auto"):
            kind, names, arguments, _ = speakers[token[1]]
            given = dict(zip(names, parts(inside(all, k + 1), ",")))
            filled = []
            for t in arguments:
                filled += [("sign", "("), *given[t[1]], ("sign", ")")] if t[0] == "word" and t[1] in given else [t]
            yield from ((EXITS[kind], m) for m in spoken(kind, filled))
        elif token == ("word", "FileError") and all[k - 1][1] == "=":  # said later
            yield from ((3, m) for m in spoken("FileError", inside(all, k + 1)))


def spoken(kind, arguments):
    pieces = parts(arguments, ",")
    if kind not in JOINED:
        return [tidy(m) for m in alternatives(pieces[0])]
    out = []
    for place in alternatives(pieces[0]):
        for what in alternatives([token for piece in pieces[1:2] for token in piece]):
            out.append(tidy(what if place in ("", HOLE) and kind == "ConfigError" and place == "" else place + ": " + what))
    return out


def fixed(message):
    return max(message.split(HOLE), key=len).strip(" :,;.'")


def quoted(message):
    message = message.replace("|", "\\|")
    return f"`` {message} ``" if "`" in message else f"`{message}`"


def exits(top, page):
    """Complaints about the table of exit codes: codes of the program that it lacks, rows whose test does not have the code."""
    program = "\n".join(path.read_text() for path in [*(top / "src/cli").rglob("*.cpp"), top / "src/core/error.h"])
    codes = {int(code) for match in re.findall(r"return (\d+);|return [^;\n]*\? (\d+) : (\d+);|\bcode = (\d+);|: Error\((\d+),", program) for code in match if code}
    rows = {int(row[1]): row[2] for row in re.finditer(r"^\| (\d+) \| [^|]*\|.*\| `(tests/[^`]*)` \|$", page, re.M)}
    for code in sorted(codes ^ set(rows)):
        yield f"docs/errors.md: exit {code} is {'not in the table' if code in codes else 'nothing that the program does'}"
    for code, test in rows.items():
        if not (top / test).is_file() or not re.search(rf"\b{code}\b", (top / test).read_text()):
            yield f"docs/errors.md: exit {code}: {test} does not ask for it"


def main():
    top = pathlib.Path(sys.argv[1])
    rows = sorted({(code, message, str(path.relative_to(top / "src"))) for path in (top / "src").rglob("*.cpp") for code, message in messages(path)} |
                  {(code, message, str(path.relative_to(top / "src"))) for path in (top / "src").rglob("*.h") for code, message in messages(path) if path.name != "error.h"}, key=lambda r: (r[0], r[2], r[1]))
    rows = [row for row in rows if row[1].strip(". :")]  # what hands on another's words has none
    tested = ""
    for path in sorted((top / "tests").rglob("*")):
        if path.suffix in (".cpp", ".h"):
            tested += "\n".join(t[1] for t in tokens(path.read_text()) if t[0] == "text") + "\n"
        elif path.suffix in (".py", ".sh") and path.name != "messages.py":
            tested += path.read_text() + "\n"
    flat = re.sub(r"\s+", " ", tested)
    table = "| exit | message | from `src/` |\n|---|---|---|\n" + "".join(f"| {code} | {quoted(message)} | {where} |\n" for code, message, where in rows)
    page = top / "docs/errors.md"
    begin, end = "<!-- messages -->\n", "<!-- end of messages -->\n"
    text = page.read_text()
    before, rest = text.split(begin)
    written, after = rest.split(end)
    if sys.argv[2:] == ["--write"]:
        page.write_text(before + begin + table + end + after)
    bad = 0
    for complaint in exits(top, before):
        print(complaint)
        bad = 1
    if sys.argv[2:] != ["--write"] and written != table:
        old, new = set(written.splitlines()), set(table.splitlines())
        for line in sorted(new - old):
            print(f"docs/errors.md lacks: {line}")
        for line in sorted(old - new):
            print(f"docs/errors.md has, and nothing says any more: {line}")
        print("tests/program/messages.py . --write brings it up to date")
        bad = 1
    for code, message, where in rows:
        if re.sub(r"\s+", " ", fixed(message)) not in flat and message not in UNTESTED:
            print(f"in no test: exit {code}: {message}  ({where})")
            bad = 1
    for message in UNTESTED:
        if message not in {row[1] for row in rows}:
            print(f"nothing says any more: {message}")
            bad = 1
    print(f"{len(rows)} messages")
    sys.exit(bad)


main()
