#!/usr/bin/env python3
"""The nested formats of the file driver, seen by those who read such files:
Python's json and xml.etree, PyYAML, and PHP. Random documents, printed by
these or in the ways of people, are given a new pair by the real driver; read
again they must hold the new pair and else what they held before. TAP."""
import copy
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

ROUNDS = int(os.environ.get("EDIT_ROUNDS", "40"))
TOP = os.path.dirname(os.path.abspath(__file__)) + "/../.."
DRIVE = os.environ.get("DRIVE", TOP + "/build/asan/tests/e2e/drive")
OLD = ("AKIAIOSFODNN7EXAMPLE", "BOld/+abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL")
NEW = ("AKIAI44QH8DHBEXAMPLE", "BNew0123456789/+/+/+zyxwvutsrqponmlkjihgfedc")


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


try:
    import yaml
except ImportError:
    skip_all("no python3-yaml")
if not os.access(DRIVE, os.X_OK):
    skip_all(f"no {DRIVE}")
if shutil.which("php") is None:
    skip_all("no php")


class Wrong(Exception):
    pass


def drive(operation, path, kind, user, password):
    p = subprocess.run(
        [DRIVE, "file", operation, f"path={path}", f"format={kind}",
         f"username={user}", f"password={password}"],
        input=" ".join(NEW) + "\n", text=True, capture_output=True)
    if p.returncode != 0:
        raise Wrong(f"{operation}: {p.stderr}")
    return p.stdout.strip()


def differ(a, b, path=()):
    """Paths at which two structures are not the same, types included."""
    if type(a) is not type(b):
        return [path]
    if isinstance(a, dict):
        if list(a) != list(b):
            return [path]
        return [d for k in a for d in differ(a[k], b[k], path + (k,))]
    if isinstance(a, list):
        if len(a) != len(b):
            return [path]
        return [d for i in range(len(a)) for d in differ(a[i], b[i], path + (i,))]
    return [] if a == b else [path]


def put(doc, path, value):
    for step in path[:-1]:
        doc = doc[step]
    doc[path[-1]] = value


def key_of(path):
    """As the manual says: dotted, or a JSON pointer."""
    steps = [str(s) for s in path]
    if random.random() < 0.5:
        return "/" + "/".join(
            s.replace("~", "~0").replace("/", "~1") for s in steps)
    return ".".join(s.replace("\\", "\\\\").replace(".", "\\.") for s in steps)


TEXTS = ["", "x", "a b", "it's", '"q"', "a\\b", "gr\u00fc\u00df \U0001F600",
         "yes", "1e5", "0x1f", "- a", "a: b", "# c", "{}", "a\nb", "\t", "&x",
         "*x", "!t", "%", "@", "`", "$x", "<a&b>", "]]>", "null", "~", "2026-01-02",
         "define('U', 'x');", "/* x", "// y", "?>", OLD[0] + "x", "\u2028"]
NAMES = ["a", "b c", "x/y", "m.n", "u", "it's", '"', "\u00fc", "on", "7", "~t", "\\"]


def noise(depth, texts, names=NAMES):
    kind = random.random()
    if depth > 0 and kind < 0.25:
        return {k: noise(depth - 1, texts, names)
                for k in random.sample(names, random.randint(0, 4))}
    if depth > 0 and kind < 0.4:
        return [noise(depth - 1, texts, names)
                for _ in range(random.randint(0, 3))]
    return random.choice([None, True, 0, -17, 2.5] + [random.choice(texts)] * 5)


def document(texts=TEXTS, names=NAMES):
    """A random map with a pair in it; with the paths of its two halves."""
    names = random.sample(names, len(names))
    steps = names[:random.randint(0, 3)]
    inner = {k: noise(2, texts, names) for k in random.sample(names, 2)}
    inner["smtp.user"], inner["pass"] = OLD
    doc = dict(random.sample(list(inner.items()), len(inner)))
    for step in reversed(steps):
        around = {k: noise(2, texts, names) for k in random.sample(names, 3)}
        around[step] = doc
        doc = dict(random.sample(list(around.items()), len(around)))
    return doc, steps + ["smtp.user"], steps + ["pass"]


def check(text, kind, parse, paths, keys=None):
    """Writes the pair, and compares bytes and meanings."""
    path = f"{W}/file.{kind}"
    raw = text.encode() if isinstance(text, str) else text
    with open(path, "wb") as f:
        f.write(raw)
    before = parse(path)
    keys = keys or [key_of(p) for p in paths]
    if drive("read", path, kind, *keys) != " ".join(OLD):
        raise Wrong(f"does not read {keys}:\n{text}")
    drive("write", path, kind, *keys)
    if drive("read", path, kind, *keys) != " ".join(NEW):
        raise Wrong(f"does not read back {keys}:\n{text}")
    want = copy.deepcopy(before)
    for p, v in zip(paths, NEW):
        put(want, p, v)
    after = parse(path)
    if differ(want, after):
        raise Wrong(f"{differ(want, after)} differ:\n{text}")
    if len(differ(before, after)) != 2:
        raise Wrong(f"other values changed:\n{text}")


def parse_json(path):
    text = open(path, encoding="utf-8-sig").read()
    # Strings are kept; comments and the comma in front of a bracket go.
    text = re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/',
                  lambda m: m.group(1) or " ", text, flags=re.S)
    text = re.sub(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])',
                  lambda m: m.group(1) or "", text, flags=re.S)
    return json.loads(text)


def decorate(text):
    """JSON as people write it: comments and trailing commas between tokens."""
    parts = re.split(r'("(?:[^"\\]|\\.)*")', text)
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(r"(?<=[^{\[\s,])(\s*)([}\]])", lambda m: random.choice(
            [m.group(0), "," + m.group(0)]), parts[i])
        parts[i] = re.sub(r"[,:]", lambda m: m.group(0) + random.choice(
            ["", " ", "\r\n", " // it's \"\n", "/* { \" */"]), parts[i])
    return random.choice(["", "\ufeff"]) + "".join(parts) + "\n"


def try_json():
    doc, *paths = document()
    text = json.dumps(doc, indent=random.choice([None, 1, "\t"]),
                      ensure_ascii=random.random() < 0.5)
    check(decorate(text) if random.random() < 0.7 else text, "json",
          parse_json, paths)


def parse_yaml(path):
    return list(yaml.safe_load_all(open(path, "rb").read()))


def try_yaml():
    doc, *paths = document([t for t in TEXTS if "{{" not in t])
    text = yaml.safe_dump(
        doc, sort_keys=False, allow_unicode=random.random() < 0.5,
        default_flow_style=random.choice([None, True, False]),
        default_style=random.choice([None, None, "'", '"']),
        width=random.choice([20, 80, 10000]), indent=random.choice([2, 4]),
        line_break=random.choice(["\n", "\r\n"]),
        explicit_start=random.random() < 0.3)
    at = 0
    if random.random() < 0.3:
        text = "other: 1\n---\n" + text.lstrip("-").lstrip()
        at = 1
    if random.random() < 0.5 and not text.startswith("-"):
        text = random.choice(["", "\ufeff"]) + "# \u00fc # it's\n" + text
    check(text, "yaml", parse_yaml, [[at] + p for p in paths],
          [key_of(p) for p in paths])


def compose(separator, quote, flow):
    """environment: as list, to which a structure's path does not lead."""
    env = ["A=b", f"U{separator}{OLD[0]}", "C", f"P{separator}{OLD[1]}"]
    items = [quote + i + quote for i in env]
    if flow:
        block = " [" + ", ".join(items) + "]\n"
    else:
        block = "".join(f"\n      - {i}" for i in items) + "\n"
    text = f"services:\n  db: {{}}\n  web:\n    environment:{block}    tty: true\n"
    path = f"{W}/file.yaml"
    with open(path, "w") as f:
        f.write(text)
    keys = ["services.web.environment.U", "services.web.environment.P"]
    drive("write", path, "yaml", *keys)
    got = parse_yaml(path)[0]["services"]["web"]["environment"]
    if got != ["A=b", "U=" + NEW[0], "C", "P=" + NEW[1]]:
        raise Wrong(f"not the list that was wanted:\n{text}")


def try_compose():
    compose("=", random.choice(["", "'", '"']), random.random() < 0.5)


def parse_xml(path):
    def plain(e):
        return [e.tag, dict(e.attrib), e.text, e.tail, [plain(c) for c in e]]
    return plain(ET.parse(path).getroot())


def xml_text(s):
    if not s.isprintable():
        s = "x"
    if "]]>" not in s and random.random() < 0.2:
        return f"<![CDATA[{s}]]>"
    return escape(s) if random.random() < 0.7 else "".join(
        f"&#{ord(c)};" if random.random() < 0.5 else escape(c) for c in s)


def xml_noise(depth):
    if depth == 0 or random.random() < 0.4:
        return random.choice(["<e/>", f"<t k={quoteattr('it is')}>"
                              + xml_text(random.choice(TEXTS)) + "</t>",
                              "<!-- <user>x</user> -->", "<?pi it's?>", "\r\n\t"])
    return "<n>" + "".join(xml_noise(depth - 1)
                           for _ in range(random.randint(0, 4))) + "</n>"


def try_xml():
    attribute = random.random() < 0.5
    if attribute:
        q = random.choice("\"'")
        pair = [f"<add key={q}{k}{q}\n value = {q}{v}{q} />"
                for k, v in zip(("S.U", "S.P"), OLD)]
        keys = ["c.d.add[key=S.U].@value", "/c/d/add[key=S.P]/@value"]
    else:
        pair = [f"<user>{xml_text(OLD[0])}</user>", f"<pass k=''>{xml_text(OLD[1])}</pass>"]
        keys = ["c.d.user", "/c/d/pass"]
    parts = pair + [xml_noise(2) for _ in range(random.randint(0, 6))]
    random.shuffle(parts)
    text = (random.choice(["", "\ufeff"])
            + random.choice(["", '<?xml version="1.0" encoding="utf-8"?>\r\n'])
            + random.choice(["", "<!-- c -->", '<!DOCTYPE c SYSTEM "x>y">\n'])
            + "<c>" + xml_noise(1) + "<d>" + "".join(parts) + "</d></c>\n")
    path = f"{W}/file.xml"
    with open(path, "w", newline="") as f:
        f.write(text)
    before = json.dumps(parse_xml(path))
    if drive("read", path, "xml", *keys) != " ".join(OLD):
        raise Wrong(f"does not read {keys}:\n{text}")
    drive("write", path, "xml", *keys)
    want = before.replace(json.dumps(OLD[0]), json.dumps(NEW[0]))
    want = want.replace(json.dumps(OLD[1]), json.dumps(NEW[1]))
    if json.dumps(parse_xml(path)) != want:
        raise Wrong(f"other values changed:\n{text}")


def parse_php(path):
    got = subprocess.run(
        ["php", "-n", "-d", "display_errors=stderr", "-r",
         "ob_start(); $r = include $argv[1]; ob_end_clean();"
         "echo json_encode([$r, $c ?? null, get_defined_constants(true)['user'] ?? []],"
         "JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR);",
         path], capture_output=True, text=True)
    if got.returncode != 0:
        raise Wrong(f"PHP: {got.stderr}")
    return json.loads(got.stdout)


def php_string(s):
    if random.random() < 0.5:
        return "'" + s.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return '"' + "".join(
        {"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n"}.get(c) or
        (f"\\u{{{ord(c):x}}}" if random.random() < 0.2 else c) for c in s) + '"'


def php(value, level=1):
    """A literal, as people lay it out."""
    if isinstance(value, (dict, list)):
        opening, closing = random.choice([("[", "]"), ("array(", ")")])
        items = value.items() if isinstance(value, dict) else ((None, v) for v in value)
        text = opening
        for k, v in items:
            text += "\n" + "\t" * level
            if k is not None:
                text += php_string(k) + random.choice([" => ", "=>", " /* ' */ => "])
            text += php(v, level + 1)
            text += random.choice([",", ", // it's", ", # \"", " /* ] */,"])
        return text + "\n" + closing
    if isinstance(value, str):
        return php_string(value)
    return json.dumps(value)


def try_php():
    names = [n for n in NAMES if n != "7"]
    doc, *paths = document(names=names)
    keys = [key_of(p) for p in paths]
    shape = random.randrange(3)
    head = random.choice(["", "<p>it's</p>\n"]) + "<?php\n// ?" + ">\n<?php\n"
    noisy = "$n = <<<X\n  return ['smtp.user' => 'x'];\n  X;\n$v = \"a {$n} b\";\n"
    if shape == 0:
        text, at = f"return {php(doc)};\n", 0
    elif shape == 1:
        text, at = f"$c = {php(doc)};\n", 1
    else:
        text = (f"define('U', {php_string(OLD[0])});\nif (!defined('P'))\n"
                f"\tdefine(\"P\" , {php_string(OLD[1])}, );\n")
        at, paths, keys = 2, [["U"], ["P"]], ["U", "P"]
    check(head + noisy + text, "php", parse_php, [[at] + p for p in paths], keys)


def main():
    tests = [try_json, try_yaml, try_compose, try_xml, try_php]
    print(f"1..{len(tests)}")
    for n, test in enumerate(tests, 1):
        random.seed(int(os.environ.get("EDIT_SEED", "1")))
        name = test.__name__[4:]
        try:
            for _ in range(ROUNDS):
                test()
            print(f"ok {n} - {name}: {ROUNDS} documents")
        except Wrong as w:
            print(f"not ok {n} - {name}")
            print("\n".join("# " + line for line in str(w).splitlines()))
        sys.stdout.flush()


W = tempfile.mkdtemp()
try:
    main()
finally:
    shutil.rmtree(W)
