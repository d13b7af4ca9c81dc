#!/usr/bin/env python3
"""EVIDENCE.md out of docs/evidence.in and what the tests printed.

  evidence.py            writes EVIDENCE.md
  evidence.py --check    fails when a claim that `make check` covers has no
                         figure in its last run, or one that failed

prove leaves what a test printed in build/tap/ (PERL_TEST_HARNESS_DUMP_TAP). A
long test that did not run since keeps its figure and the day of it. No figure
is typed by hand. Standard library only."""
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TAP = ROOT + "/build/tap/"
OUT = ROOT + "/EVIDENCE.md"
KEYS = ("claim", "command", "tap", "figure", "open")


def claims():
    """Blocks of `key: text` lines, apart by empty lines; what begins with a
    blank goes on; `#` is a heading of the page."""
    with open(ROOT + "/docs/evidence.in") as f:
        text = f.read()
    for block in re.split(r"\n\s*\n", text.strip()):
        if block.startswith("#") or ":" not in block.split("\n", 1)[0]:
            yield block
            continue
        row = {"figure": [], "tap": []}
        for line in re.sub(r"\n\s+", " ", block).split("\n"):
            key, value = line.split(":", 1)
            if key not in KEYS:
                sys.exit(f"docs/evidence.in: {key}: what is that?")
            if key in ("figure", "tap"):
                row[key].append(value.strip())
            else:
                row[key] = value.strip()
        missing = [k for k in KEYS if not row.get(k)]
        if missing:
            sys.exit(f"docs/evidence.in: {row.get('claim')}: no {missing}")
        yield row


def look(row):
    """(figures, when), or (None, why not)."""
    found, newest = [], 0.0
    for path in row["tap"]:
        if not os.path.exists(TAP + path):
            return None, f"{path} did not run"
        newest = max(newest, os.path.getmtime(TAP + path))
        with open(TAP + path, errors="replace") as f:
            text = f.read()
        if re.search(r"^not ok", text, re.M):
            return None, f"{path} failed"
        for figure in row["figure"]:
            for m in re.finditer(figure, text, re.M):
                found.append(m.group(1) if m.groups() else m.group(0))
    if row["figure"] == ["tests"]:
        found = [f"{count(row['tap'])} tests, all passed"]
    if not found:
        return None, f"{row['tap']} prints nothing like {row['figure']}"
    return "; ".join(dict.fromkeys(found)), time.strftime("%Y-%m-%d",
                                                         time.gmtime(newest))


def count(paths):
    n = 0
    for path in paths:
        with open(TAP + path, errors="replace") as f:
            n += len(re.findall(r"^ok", f.read(), re.M))
    return n


def before():
    """{claim: (figure, when)} of the page as it is."""
    rows = {}
    if os.path.exists(OUT):
        with open(OUT) as f:
            for line in f:
                cells = [c.strip() for c in line.strip().strip("|").split(" | ")]
                if len(cells) == 5:
                    rows[cells[0]] = (cells[2], cells[3])
    return rows


def page():
    kept, out, in_table = before(), [], False
    for row in claims():
        if isinstance(row, str):
            out += ["", row] if out else [row]
            in_table = False
            continue
        if not in_table:
            out += ["", "| claim | checked by | figure of the last run | on | "
                    "not covered |", "|---|---|---|---|---|"]
            in_table = True
        figure, when = look(row)
        if figure is None:
            figure, when = kept.get(row["claim"], ("not run yet", "-"))
        out.append(f"| {row['claim']} | `{row['command']}` | {figure} | {when} | "
                   f"{row['open']} |".replace("\n", " "))
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"],
                            capture_output=True, text=True).stdout.strip()
    out += ["", f"Written by `make evidence` after commit {commit}."]
    with open(OUT, "w") as f:
        f.write("\n".join(out) + "\n")


def check():
    bad = n = 0
    for row in claims():
        if isinstance(row, str) or not row["command"].startswith("make check"):
            continue
        n += 1
        figure, when = look(row)
        if figure is None:
            bad += 1
            print(f"{row['claim']}: {when}")
    print(f"{n} claims, {bad} without evidence")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    check() if "--check" in sys.argv else page()
