#!/usr/bin/env python3
"""Branches and conditions (MC/DC) that no test reached, of the files named in
areas.txt, against argued.txt, where each that cannot be reached has its
reason.

  coverage.py EXPORT.json             the table; fails when one is not argued,
                                      or argued though a test reaches it
  coverage.py EXPORT.json --list [PATH...]   what is not reached, argued or not

EXPORT.json is what `llvm-cov-19 export` printed. Standard library only."""
import collections
import fnmatch
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.realpath(HERE + "/../..") + "/"


def read_rows(name):
    """Lines of a table: no comments, none that are empty."""
    with open(f"{HERE}/{name}") as f:
        for n, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if line.strip() and not line.startswith("#"):
                yield n, line


def areas():
    """[(area, pattern)]: `area: pattern ...` a line."""
    rows = []
    for _, line in read_rows("areas.txt"):
        area, patterns = line.split(":", 1)
        rows += [(area, p) for p in patterns.split()]
    return rows


class Reason:
    """A line of argued.txt. In PATH `*` stands for anything, in the source
    line `...` does, so that one reason may hold for many places. The source
    line is compared without the blanks around it."""
    def __init__(self, row, parts):
        self.row, (self.path, self.way, self.text, _) = row, parts
        # A way that ends in `?` may be reached by chance.
        self.chance = self.way.endswith("?")
        self.way = self.way.rstrip("?")
        words = self.text.split("...")
        self.pattern = re.compile(".*".join(re.escape(w) for w in words))
        self.used = 0

    def fits(self, path, way, text):
        return self.way in (way, "both") and \
            fnmatch.fnmatch(path, self.path) and \
            self.pattern.fullmatch(text) is not None


def argued():
    reasons = []
    for n, line in read_rows("argued.txt"):
        parts = [p.strip() for p in line.split(" | ")]
        if len(parts) != 4 or not parts[3]:
            sys.exit(f"argued.txt:{n}: PATH | WAY | SOURCE LINE | REASON")
        reasons.append(Reason(line, parts))
    return reasons


def why(reasons, path, way, text):
    """The reason, or None; all that fit count as used."""
    found = None
    for r in reasons:
        if r.fits(path, way, text):
            r.used += 1
            found = r
    return found


class File:
    def __init__(self, data):
        self.path = data["filename"].removeprefix(ROOT)
        with open(data["filename"]) as f:
            self.lines = f.read().split("\n")
        ways = collections.Counter()      # (line, column, way) -> times
        for b in data["branches"]:
            ways[b[0], b[1], "true"] += b[4]
            ways[b[0], b[1], "false"] += b[5]
        # What a macro holds is counted where it is used.
        for x in data.get("expansions", []):
            line, column = x["source_region"][:2]
            for n, b in enumerate(x["branches"]):
                ways[line, column + n / 100, "true"] += b[4]
                ways[line, column + n / 100, "false"] += b[5]
        self.ways = ways
        self.conditions = 0
        self.missing = []                 # (line, way)
        for (line, column, way), times in ways.items():
            if times == 0 and not self.constant(line, column, way) and \
                    not self.asserts(line):
                self.missing.append((line, way))
        self.mcdc_missing = []
        for r in data.get("mcdc_records", []):
            flags = r[-1] if isinstance(r[-1], list) else r[-2]
            if self.asserts(r[0]):
                continue
            self.conditions += len(flags)
            self.mcdc_missing += [(r[0], f"condition {n + 1}", r[2])
                                  for n, ok in enumerate(flags) if not ok]

    def constant(self, line, column, way):
        """`while (0)` of a macro: the compiler counts neither way."""
        other = {"true": "false", "false": "true"}[way]
        return self.ways[line, column, other] == 0 and \
            re.search(r"while \((0|true|1)\)|for \(;;\)", self.text(line))

    def asserts(self, line):
        """What an assertion holds is never false in a test that ends."""
        return self.text(line).startswith("assert(")

    def text(self, line):
        return self.lines[line - 1].strip()


def load(export):
    with open(export) as f:
        data = json.load(f)["data"][0]
    files = []
    for d in data["files"]:
        path = d["filename"].removeprefix(ROOT)
        for area, pattern in areas():
            if fnmatch.fnmatch(path, pattern):
                files.append((area, File(d)))
                break
    return files


def judge(f, reasons):
    """[(line, way, argued)] of one file. A condition of which one way cannot
    be gone, or that stands beside such a one, has no pair for MC/DC: what was
    said of that way holds for it, too."""
    rows = [(line, way, why(reasons, f.path, way, f.text(line)) is not None)
            for line, way in f.missing]
    lines = {line for line, _, ok in rows if ok}
    for first, way, last in f.mcdc_missing:
        rows.append((first, way,
                     any(first <= n <= last for n in lines) or
                     why(reasons, f.path, way, f.text(first)) is not None))
    return sorted(rows)


def table(files, reasons):
    """Prints a line an area; what is left open, [(path, line, way, text)]."""
    open_, rows = [], collections.defaultdict(lambda: [0] * 6)
    for area, f in files:
        row = rows[area]
        row[0] += len(f.ways)
        row[3] += f.conditions
        for line, way, ok in judge(f, reasons):
            kind = 3 if way.startswith("condition") else 0
            row[kind + 1] += 1
            row[kind + 2] += ok
            if not ok:
                open_.append((f.path, line, way, f.text(line)))
    for area, (n, m, a, c, k, ca) in sorted(rows.items()):
        print(f"# {area}: {n - m} of {n} branches reached "
              f"({100 * (n - m) / max(n, 1):.1f} %), {a} argued, {m - a} left; "
              f"{c - k} of {c} conditions by MC/DC "
              f"({100 * (c - k) / max(c, 1):.1f} %), {ca} argued")
    return open_


def main():
    files, reasons = load(sys.argv[1]), argued()
    if "--list" in sys.argv:
        words = sys.argv[sys.argv.index("--list") + 1:]
        for _, f in files:
            if words and not any(w in f.path for w in words):
                continue
            for line, way, ok in judge(f, reasons):
                print(f"{'argued  ' if ok else '        '}"
                      f"{f.path}:{line}: {way}: {f.text(line)}")
        return
    print("1..2")
    open_ = table(files, reasons)
    print(f"{'not ok' if open_ else 'ok'} 1 - every branch and condition is "
          f"reached or argued: {len(open_)} are not")
    for path, line, way, text in open_[:400]:
        print(f"#   {path}:{line}: {way}: {text}")
    stale = [r for r in reasons if not r.used and not r.chance]
    print(f"{'not ok' if stale else 'ok'} 2 - nothing is argued that a test "
          f"reaches or that is gone: {len(stale)} are")
    for r in stale:
        print("#   " + r.row)
    sys.exit(1 if open_ or stale else 0)


if __name__ == "__main__":
    main()
