#!/usr/bin/env python3
"""Branches and conditions (MC/DC) that no test reached, of the files named in
areas.txt, against argued.txt, where each that cannot be reached has its
reason.

  coverage.py EXPORT.json             the table; fails when one is not argued
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


def argued():
    """{(path, way, source line without blanks around): [reason, used]}"""
    rows = {}
    for n, line in read_rows("argued.txt"):
        parts = [p.strip() for p in line.split(" | ")]
        if len(parts) != 4 or not parts[3]:
            sys.exit(f"argued.txt:{n}: PATH | WAY | SOURCE LINE | REASON")
        rows[tuple(parts[:3])] = [parts[3], False]
    return rows


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
            self.mcdc_missing += [(r[0], f"condition {n + 1}")
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


def table(files, reasons):
    open_, rows = [], collections.defaultdict(lambda: [0, 0, 0, 0, 0])
    for area, f in files:
        row = rows[area]
        row[0] += len(f.ways)
        row[2] += f.conditions
        for kind, missing in ((1, f.missing), (3, f.mcdc_missing)):
            for line, way in missing:
                row[kind] += 1
                why = reasons.get((f.path, way, f.text(line)))
                if why:
                    why[1] = True
                    row[4] += 1
                else:
                    open_.append((f.path, line, way, f.text(line)))
    for area, (n, m, c, k, a) in rows.items():
        print(f"# {area}: {n - m} of {n} branches ({100 * (n - m) / max(n, 1):.1f} %), "
              f"{c - k} of {c} conditions by MC/DC "
              f"({100 * (c - k) / max(c, 1):.1f} %), {a} argued")
    return open_


def main():
    files, reasons = load(sys.argv[1]), argued()
    if "--list" in sys.argv:
        words = sys.argv[sys.argv.index("--list") + 1:]
        for _, f in files:
            if words and not any(w in f.path for w in words):
                continue
            for line, way in sorted(f.missing + f.mcdc_missing):
                mark = "argued  " if (f.path, way, f.text(line)) in reasons \
                    else "        "
                print(f"{mark}{f.path}:{line}: {way}: {f.text(line)}")
        return
    print("1..2")
    open_ = table(files, reasons)
    print(f"{'not ok' if open_ else 'ok'} 1 - every branch and condition is "
          f"reached or argued: {len(open_)} are not")
    for path, line, way, text in open_[:400]:
        print(f"#   {path}:{line}: {way}: {text}")
    stale = [k for k, (_, used) in reasons.items() if not used]
    print(f"{'not ok' if stale else 'ok'} 2 - nothing is argued that a test "
          f"reaches or that is gone")
    for k in stale:
        print("#   " + " | ".join(k))
    sys.exit(1 if open_ or stale else 0)


if __name__ == "__main__":
    main()
