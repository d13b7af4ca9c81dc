"""Writes the figures that the benchmarks left in build/bench into
docs/performance.md, between its markers <!-- bench: NAME --> and <!-- end -->,
and draws docs/performance.svg. Text outside the markers is kept.

    report.py            after `make bench` and `make bench-fleet`
"""
import json
import math
import os
import re

from common import KEPT, ROOT, read, write

PAGE, PICTURE = ROOT + "/docs/performance.md", ROOT + "/docs/performance.svg"


def load(name):
    path = f"{KEPT}/{name}.json"
    return json.loads(read(path)) if os.path.exists(path) else None


def table(head, rows):
    return "\n".join("| " + " | ".join(map(str, r)) + " |"
                     for r in [head, ["---"] + ["---:"] * (len(head) - 1), *rows])


def ratio(value, least):
    return f"{value / least:.2f}"


def num(x, digits=1):
    return f"{x:,.{digits}f}"


def rotation():
    r, disk, memory = load("rotation"), load("disk"), load("memory")
    near, far, ms = r["near"], r["far"], r["ms"]
    rows = [
        ["wall, state and clients on disk", num(disk["wall"]) + " ms", "", ""],
        ["wall, in memory", num(memory["wall"]) + " ms", "", ""],
        ["processor, user and system", num(memory["cpu"]) + " ms", "", ""],
        ["peak memory", num(memory["rss"]) + " MB", "", ""],
        [f"wall at {ms} ms round trip", num(far["wall"]) + " ms",
         num(r["least"] * ms + near["wall"]) + " ms",
         ratio(far["wall"], r["least"] * ms + near["wall"])],
        ["round trips waited for", num(r["trips"]), r["least"], ratio(r["trips"], r["least"])],
        ["API calls", num(memory["requests"], 0), 4, ratio(memory["requests"], 4)],
        ["HTTPS connections", num(memory["https"], 0), 1, ratio(memory["https"], 1)],
        ["SMTP sessions", num(memory["smtp"], 0), 5, ratio(memory["smtp"], 5)],
    ]
    return (table(["one rotation to its grace time", "median", "protocol's minimum", "ratio"],
                  rows) + f"\n\n{r['machine']}; the delay by {r['how']}.")


def derive():
    r = load("derive")
    bare = r["rows"]["calls"][0]
    names = {"calls": "five calls of `HMAC()`, nothing else",
             "fetched": "five HMACs, algorithm fetched and context made once",
             "ours": "`smtp_password_derive()`"}
    return table(["", "passwords a second on one core", "times the bare calls"],
                 [[names[n], num(v[0], 0), f"{bare / v[0]:.2f}"]
                  for n, v in r["rows"].items()]) + f"\n\n{r['machine']}."


def fleet():
    r = load("fleet")
    rows = [[f"{x['wanted']:,}", f"{x['ms']} ms",
             f"{x['ran']:,}", x["jobs"], num(x["wall"] / 1000, 2) + " s",
             num(x["bare"] / 1000, 2) + " s", ratio(x["wall"], x["bare"]),
             num(x["cpu"] / x["ran"]) + " ms", num(x["bare_cpu"] / x["ran"]) + " ms",
             num(x["rss"]) + " MB", num(x["requests"]), num(x["smtp"])] for x in r["rows"]]
    many = ""
    if r["bundles"]:
        one, all_ = r["bundles"]
        many = (f"\n\nWith a file of {all_['certificates']} authorities named as `ca_file` and "
                f"`AWS_CA_BUNDLE` instead of one authority: processor each "
                f"{num(all_['cpu'])} ms instead of {num(one['cpu'])} ms, peak memory "
                f"{num(all_['rss'])} MB instead of {num(one['rss'])} MB.")
    return (table(["identities", "round trip", "run", "`--jobs`", "wall", "bare", "ratio",
                   "processor each", "bare", "peak memory", "API calls each",
                   "SMTP sessions each"], rows) +
            f"\n\n{r['clients']} file clients each; {r['machine']}; the delay by "
            f"{r['how']}." + many)


def growth():
    r = load("growth")
    rows = [[f"{x['n']:,}", num(x["run"]["wall"]) + " ms", num(x["run"]["cpu"]) + " ms",
             num(x["run"]["rss"]) + " MB", num(x["whole"]["cpu"]) + " ms",
             num(x["status"]["wall"]) + " ms", num(x["status"]["cpu"]) + " ms",
             num(x["status"]["rss"]) + " MB", x["calls"]] for x in r["rows"]]
    return (table(["identities", "run, nothing due", "processor", "peak memory",
                   "processor, first time", "`rotate status`", "processor", "peak memory",
                   "calls of any kind"], rows) + f"\n\n{r['machine']}.")


# ---- the picture: both axes by powers of ten, drawn by hand -----------------

W, H, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 64, 110, 24, 48
LINES = [("run, nothing due", "#1f6feb", lambda x: x["run"]["cpu"]),
         ("its first time", "#8250df", lambda x: x["whole"]["cpu"]),
         ("rotate status", "#bf3989", lambda x: x["status"]["cpu"])]


def picture():
    rows = load("growth")["rows"]
    values = [f(x) for _, _, f in LINES for x in rows]
    low, high = (10 ** math.floor(math.log10(min(values))),
                 10 ** math.ceil(math.log10(max(values))))
    most = max(rows[-1]["n"], 10)

    def at_x(n):
        return LEFT + (W - LEFT - RIGHT) * math.log10(n) / math.log10(most)

    def at_y(v):
        return H - BOTTOM - (H - TOP - BOTTOM) * math.log10(v / low) / math.log10(high / low)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {W} {H}" '
           'font-family="sans-serif" font-size="12">',
           '<title>Processor time of a run when nothing is due, by number of identities</title>',
           f'<rect width="{W}" height="{H}" fill="#fff"/>']
    n = 1
    while n <= most:
        x = at_x(n)
        out += [f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{H - BOTTOM}" stroke="#ddd"/>',
                f'<text x="{x:.1f}" y="{H - BOTTOM + 18}" text-anchor="middle">{n:,}</text>']
        n *= 10
    v = low
    while v <= high:
        y = at_y(v)
        out += [f'<line x1="{LEFT}" y1="{y:.1f}" x2="{W - RIGHT}" y2="{y:.1f}" stroke="#ddd"/>',
                f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{v:g} ms</text>']
        v *= 10
    out.append(f'<text x="{(LEFT + W - RIGHT) / 2:.0f}" y="{H - 8}" '
               'text-anchor="middle">identities</text>')
    labels = sorted((at_y(f(rows[-1])), name, colour) for name, colour, f in LINES)
    for i, (y, name, colour) in enumerate(labels):
        if i and y - labels[i - 1][0] < 15:
            labels[i] = (labels[i - 1][0] + 15, name, colour)
    for name, colour, f in LINES:
        points = " ".join(f"{at_x(x['n']):.1f},{at_y(f(x)):.1f}" for x in rows)
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" '
                   'stroke-width="2"/>')
        out += [f'<circle cx="{p.split(",")[0]}" cy="{p.split(",")[1]}" r="3" '
                f'fill="{colour}"/>' for p in points.split()]
    out += [f'<text x="{W - RIGHT + 8}" y="{y + 4:.1f}" fill="{colour}">{name}</text>'
            for y, name, colour in labels]
    return "\n".join(out) + "\n</svg>\n"


NEEDS = {"rotation": ("rotation", "disk", "memory"), "derive": ("derive",),
         "fleet": ("fleet",), "growth": ("growth",)}


def main():
    page = read(PAGE)
    for name, made in (("rotation", rotation), ("derive", derive), ("fleet", fleet),
                       ("growth", growth)):
        if not all(load(n) for n in NEEDS[name]):
            print(f"{name}: not measured, left as it is")
            continue
        page, n = re.subn(rf"(<!-- bench: {name} -->\n).*?(<!-- end -->)",
                          lambda m: m[1] + made() + "\n" + m[2], page, flags=re.S)
        if n != 1:
            raise SystemExit(f"{PAGE}: {n} places for {name}")
    write(PAGE, page, 0o644)
    if load("growth"):
        write(PICTURE, picture(), 0o644)


main()
