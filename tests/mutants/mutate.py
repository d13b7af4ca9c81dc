"""The mutants of one C file, all in one text: each asleep behind a number.

The tree's style is regular enough for tokens: a comparison's operands end
where an operator of lower precedence, a bracket or a semicolon begins.
"""
import re
from collections import namedtuple

# name: what stays the same when lines move; line: where it is today.
Mutant = namedtuple("Mutant", "file line func what")

TOKEN = re.compile(
    r"""(?P<skip>\s+|/\*.*?\*/|//[^\n]*)
      |(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      |(?P<word>[A-Za-z_]\w*)
      |(?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
      |(?P<sign><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)
    """, re.S | re.X)
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.M)
DEFINE = re.compile(r"#define[ \t]+([A-Z]\w*)[ \t]+((?:\\\n|[^\n])*?)[ \t]*(?:/\*.*)?$",
                    re.S)
OTHER = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
ASSIGN = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="}
STOP = ASSIGN | {",", ";", "?", ":", "return", "case", "else", "do"}
ENDS = {
    "<": {"<", ">", "<=", ">=", "==", "!=", "&", "|", "^", "&&", "||"},
    "==": {"==", "!=", "&", "|", "^", "&&", "||"},
    "&&": {"&&", "||"},
    "||": {"||"},
}
LEVEL = {"<": "<", "<=": "<", ">": "<", ">=": "<", "==": "==", "!=": "==",
         "&&": "&&", "||": "||"}
OPEN, CLOSE = "([{", ")]}"
# Calls that make something durable, or that say whose it is.
SYSTEM = {"fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink",
          "unlinkat", "fchmod", "fchown", "fchownat", "fchmodat", "fsetxattr",
          "ftruncate", "flock", "sync_file", "syncfs"}
# These only put a failure into words; the guard before them has its own.
WORDS = {"fail", "fail_sys", "fail_lib", "fix", "err_prefix"}
# Invariants that hold as long as the program is right.
ASSERTS = {"assert", "static_assert", "_Static_assert"}

NOBODY = 65535  # a number that never wakes

Token = namedtuple("Token", "s at end kind")


def tokens(text):
    blank = DIRECTIVE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)
    return [Token(m.group(), m.start(), m.end(), m.lastgroup)
            for m in TOKEN.finditer(blank) if m.lastgroup != "skip"]


class File:
    def __init__(self, path, text, first):
        self.path, self.text, self.next = path, text, first
        self.t = tokens(text)
        self.pair = self.brackets()
        self.func = [None] * len(self.t)
        self.is_ec = [False] * len(self.t)
        self.barred = [False] * len(self.t)
        self.functions()
        self.mutants = {}   # number: Mutant
        self.around = []    # (start, end, before, after)
        self.instead = {}   # token at: text

    def brackets(self):
        pair, stack = {}, []
        for i, k in enumerate(self.t):
            if k.s in OPEN and k.kind == "sign":
                stack.append(i)
            elif k.s in CLOSE and k.kind == "sign":
                j = stack.pop()
                pair[i], pair[j] = j, i
        return pair

    def functions(self):
        i, begin = 0, 0
        while i < len(self.t):
            s = self.t[i].s
            if s == "{" and self.t[i - 1].s == ")":
                head = self.pair[i - 1]
                name = self.t[head - 1].s
                ec = "enum ec" in " ".join(k.s for k in self.t[begin:head])
                for j in range(i, self.pair[i] + 1):
                    self.func[j], self.is_ec[j] = name, ec
                i = self.pair[i]
                begin = i + 1
            elif s in OPEN:
                i = self.pair[i]
            elif s == ";":
                begin = i + 1
            i += 1
        for i, k in enumerate(self.t):
            if k.s in ASSERTS:
                for j in range(i, self.pair[i + 1]):
                    self.barred[j] = True

    # --- what a mutant is called -------------------------------------------
    def said(self, i, j):
        return re.sub(r"\s+", " ", self.text[self.t[i].at:self.t[j - 1].end])

    def new(self, i, what):
        n = self.next
        self.next += 1
        self.mutants[n] = Mutant(self.path, self.text.count("\n", 0, self.t[i].at) + 1,
                                 self.func[i], what)
        return n

    def wrap(self, i, j, before, after):
        self.around.append((self.t[i].at, self.t[j - 1].end, before, after))

    # --- operands ------------------------------------------------------------
    def binary(self, i):
        """Is this & * - + between two operands?"""
        p = self.t[i - 1]
        return p.kind in ("word", "number", "text") and p.s != "return" or p.s in ")]"

    def ends(self, i, level):
        k = self.t[i]
        if k.kind == "text":
            return False
        if k.s in STOP:
            return True
        return k.s in ENDS[level] and (k.s not in "&*" or self.binary(i))

    def left(self, i, level):
        j = i
        while True:
            s = self.t[j - 1].s
            if self.t[j - 1].kind == "sign" and s in CLOSE:
                if s == "}" :
                    return j
                j = self.pair[j - 1]
                continue
            if s in OPEN or self.ends(j - 1, level):
                return j
            j -= 1

    def right(self, i, level):
        j = i + 1
        while True:
            s = self.t[j].s
            if self.t[j].kind == "sign" and s in OPEN:
                j = self.pair[j] + 1
                continue
            if s in CLOSE or self.ends(j, level):
                return j
            j += 1

    def top(self, i, j, signs):
        """The first of these signs in [i, j) outside of brackets."""
        while i < j:
            if self.t[i].s in OPEN and self.t[i].kind == "sign":
                i = self.pair[i]
            elif self.t[i].s in signs:
                return i
            i += 1
        return None

    # --- the kinds of mutants ---------------------------------------------
    def comparisons(self):
        for i, k in enumerate(self.t):
            if k.kind != "sign" or k.s not in OTHER or not self.live(i):
                continue
            a, b = self.left(i, LEVEL[k.s]), self.right(i, LEVEL[k.s])
            o = OTHER[k.s]
            n = self.new(i, "%s -> %s" % (self.said(a, b), o))
            self.wrap(a, b, "MUT_CMP(%d, %s, %s, (" % (n, o, k.s), "))")
            self.instead[k.at] = "), ("

    def operands(self):
        done = set()
        for i, k in enumerate(self.t):
            if k.s not in ("&&", "||") or not self.live(i):
                continue
            for a, b in ((self.left(i, k.s), i), (i + 1, self.right(i, k.s))):
                if (a, b) in done:
                    continue
                done.add((a, b))
                said = self.said(a, b)
                n = self.new(i, "without: %s %s" % (k.s, said))
                self.wrap(a, b, "MUT_DROP(%d, %d, " % (n, k.s == "&&"), ")")
                if self.top(a, b, {"==", "!=", "&&", "||"}) is None:
                    n = self.new(i, "not: %s" % said)
                    self.wrap(a, b, "MUT_FLIP(%d, " % n, ")")

    def guards(self):
        for i, k in enumerate(self.t):
            if k.s != "if" or not self.live(i):
                continue
            a, b = i + 2, self.pair[i + 1]
            said = self.said(a, b)
            n = self.new(i, "never: if (%s)" % said)
            m = NOBODY
            if self.top(a, b, {"==", "!=", "&&", "||"}) is None:
                m = self.new(i, "always: if (%s)" % said)
            self.wrap(a, b, "MUT_IF(%d, %d, " % (n, m), ")")

    def calls(self):
        for i, k in enumerate(self.t):
            if not self.live(i) or k.kind != "word":
                continue
            if k.s in ("TRY", "TRY_MEMORY"):
                j = self.pair[i + 1]
                n = self.new(i, "gone: %s" % self.said(i, j + 1))
                self.wrap(i, j + 2, "{ if (!MUT(%d)) " % n, " }")
                continue
            if self.t[i + 1].s != "(" or i == 0:
                continue
            j = self.pair[i + 1]
            before, after = self.t[i - 1].s, self.t[j + 1].s
            if k.s in SYSTEM:
                n = self.new(i, "gone: %s" % self.said(i, j + 1))
                self.wrap(i, j + 1, "MUT_CALL(%d, 0, " % n, ")")
            elif k.s not in WORDS and after == ";" and (
                    before == "return" and self.is_ec[i] or
                    before == "=" and self.t[i - 2].s == "ec"):
                n = self.new(i, "gone: %s %s" % (
                    "return" if before == "return" else "ec =", self.said(i, j + 1)))
                self.wrap(i, j + 1, "MUT_CALL(%d, EC_OK, " % n, ")")

    def constants(self):
        for d in DIRECTIVE.finditer(self.text):
            m = DEFINE.match(d.group().strip())
            if m is None or '"' in m.group(2) or not re.search(r"\d", m.group(2)):
                continue
            name, value = m.groups()
            value = value.strip()
            line = self.text.count("\n", 0, d.start()) + 1
            kind = "TIME" if name.endswith("_MS") else "ONE"
            up, down = self.next, self.next + 1
            self.next += 2
            for n, what in ((up, "doubled" if kind == "TIME" else "one more"),
                            (down, "halved" if kind == "TIME" else "one less")):
                self.mutants[n] = Mutant(self.path, line, "#define",
                                         "%s %s" % (name, what))
            at = self.text.index(value, d.start() + d.group().index(name) + len(name))
            self.around.append((at, at + len(value),
                                "MUT_CONST(%d, %d, %s, " % (up, down, kind), ")"))

    def live(self, i):
        return self.func[i] is not None and not self.barred[i]

    # --- the text ------------------------------------------------------------
    def build(self):
        self.guards()
        self.calls()
        self.operands()
        self.comparisons()
        self.constants()
        return self

    def written(self, leave_out=()):
        """The text with all mutants but those of some wraps."""
        inside = [w for w in self.around
                  if not any(n in leave_out for n in numbers(w[2]))]
        out = set(k for k in self.instead
                  if any(a <= k < b and "MUT_CMP" in p
                         for a, b, p, _ in inside))
        before, after = {}, {}
        for order, (a, b, p, s) in enumerate(inside):
            before.setdefault(a, []).append((-b, order, p))
            after.setdefault(b, []).append((-a, -order, s))
        ret, at = [], 0
        signs = {k.at: k for k in self.t}
        for pos in sorted(set(before) | set(after) | out):
            ret.append(self.text[at:pos])
            at = pos
            ret += [s for _, _, s in sorted(after.get(pos, ()))]
            ret += [p for _, _, p in sorted(before.get(pos, ()))]
            if pos in out:
                ret.append(self.instead[pos])
                at = signs[pos].end
        ret.append(self.text[at:])
        return "".join(ret)


def numbers(before):
    return [int(n) for n in re.findall(r"(?<![\w.])\d+(?=[,)])", before)] \
        if not before.startswith("MUT_DROP") \
        else [int(re.search(r"\d+", before).group())]
