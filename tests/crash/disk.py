"""A disk, rebuilt from what a program did to it (pt_record.h), as it may be
after the power failed at any moment.

The rules are those of POSIX and no file system's own: only what was synced is
certain. fsync of a file makes its bytes, size, owner and mode durable, but not
its name; fsync of a directory the names in it; fdatasync the bytes and the
size. Every other change may be on the disk or not, by itself, in whatever
order; a write may be torn at any 512 bytes. Taken as atomic are only a change
of one directory's names by one call (a rename is all or nothing), as every
journaling file system has it, and a sector.

Of n changes that are not synced there are 2^n subsets. Those tried, as ALICE
does (OSDI'14, section 3.2): none, each beginning, all but each one, each one
alone, and each beginning with its last write torn at each sector, first part
or last part on the disk."""
import os
import stat

SECTOR = 512
NETWORK = {"connect", "sendto", "sendmsg", "shutdown", "kill"}


class Inode:
    def __init__(self, is_dir, mode, uid, gid, data=b""):
        self.is_dir, self.mode, self.uid, self.gid = is_dir, mode, uid, gid
        self.data = bytearray(data)
        self.names = {}             # of a directory: name -> Inode

    def copy(self):
        new = Inode(self.is_dir, self.mode, self.uid, self.gid, self.data)
        new.names = dict(self.names)
        return new


class Change:
    """One thing that a call did: kind, whose inode, and how."""

    def __init__(self, call, kind, inode, *how):
        self.call, self.kind, self.inode, self.how = call, kind, inode, how

    def sectors(self):
        """The cuts at which this write can be torn, from its beginning."""
        if self.kind != "write":
            return []
        begin, data = self.how
        first = SECTOR - begin % SECTOR
        return list(range(first, len(data), SECTOR))

    def apply(self, inode, inodes, part=None):
        if self.kind == "write":
            begin, data = self.how
            if part:                # (from, to) in data
                begin, data = begin + part[0], data[part[0]:part[1]]
            if len(inode.data) < begin:
                inode.data.extend(bytes(begin - len(inode.data)))
            inode.data[begin:begin + len(data)] = data
        elif self.kind == "size":
            size, = self.how
            del inode.data[size:]
            inode.data.extend(bytes(size - len(inode.data)))
        elif self.kind == "grow":
            inode.data.extend(bytes(max(0, self.how[0] - len(inode.data))))
        elif self.kind == "mode":
            inode.mode, = self.how
        elif self.kind == "owner":
            uid, gid = self.how
            inode.uid = inode.uid if uid == 2**32 - 1 else uid
            inode.gid = inode.gid if gid == 2**32 - 1 else gid
        else:
            assert self.kind == "names"
            for name, target in self.how[0].items():
                if target is None:
                    inode.names.pop(name, None)
                else:
                    inode.names[name] = target


DATA = {"write", "size", "grow"}


class Disk:
    """The directories `roots` below `top`, and all that was done to them.

    calls[n] is the nth call that was recorded: [ms, who, name, what], and
    changes those of all calls so far. synced[n] says which changes are on the
    disk for certain after call n."""

    def __init__(self, top, roots):
        self.top, self.roots = top, roots
        self.now = {}               # inode number -> index of Inode, as it is
        self.first = []             # Inodes at the beginning, by index
        self.live = []              # ... with everything done
        self.mapped = set()         # those of which put() makes junk anyway
        self.calls, self.changes, self.synced = [], [], []
        self.sure = frozenset()
        self.ends = []              # number of changes after call n
        self.root = self._add(Inode(True, 0o700, os.geteuid(), os.getegid()),
                              os.stat(top).st_ino)
        for name in roots:
            if os.path.isdir(f"{top}/{name}"):
                self._scan(self.root, name, f"{top}/{name}")

    def _add(self, inode, number=None):
        self.first.append(inode)
        self.live.append(inode.copy())
        if number:
            self.now[number] = len(self.first) - 1
        return len(self.first) - 1

    def _scan(self, parent, name, path):
        st = os.lstat(path)
        is_dir = stat.S_ISDIR(st.st_mode)
        data = b""
        if not is_dir:
            with open(path, "rb") as f:
                data = f.read()
        i = self._add(Inode(is_dir, st.st_mode & 0o7777, st.st_uid, st.st_gid,
                            data), st.st_ino)
        self.first[parent].names[name] = i
        self.live[parent].names[name] = i
        if is_dir:
            for child in sorted(os.listdir(path)):
                self._scan(i, child, f"{path}/{child}")

    # ---- reading what was recorded -----------------------------------------

    def _where(self, path):
        """(directory, name) of a path; (None, None) when it is not ours."""
        if not path.startswith(self.top + "/"):
            return None, None
        parts = os.path.normpath(path[len(self.top) + 1:]).split("/")
        if parts[0] not in self.roots:
            return None, None
        at = self.root
        for part in parts[:-1]:
            at = self.live[at].names[part]
        return at, parts[-1]

    def _change(self, kind, inode, *how):
        c = Change(len(self.calls), kind, inode, *how)
        self.changes.append(c)
        c.apply(self.live[inode], self.live)
        if inode in self.mapped and kind in DATA:
            self.sure = self.sure | {len(self.changes) - 1}

    def _sync(self, inode, kinds):
        """What was done to this inode so far is certain from now on."""
        self.sure = self.sure | {i for i, c in enumerate(self.changes)
                                 if c.inode == inode and
                                 (kinds is None or c.kind in kinds)}

    def _opened(self, path, number, mode, flags):
        at, name = self._where(path)
        if at is None:
            return
        i = self.live[at].names.get(name)
        if i is None:
            i = self._add(Inode(False, mode, os.geteuid(), os.getegid()))
            if name.endswith("-shm"):
                self.mapped.add(i)
            self._change("names", at, {name: i})
        elif flags & os.O_TRUNC and self.live[i].data:
            self._change("size", i, 0)
        self.now[number] = i

    def _moved(self, old, new):
        at, name = self._where(old)
        to, other = self._where(new)
        if at is None and to is None:
            return
        assert at == to, f"a rename from one directory to another: {old} {new}"
        i = self.live[at].names[name]
        self._change("names", at, {other: i, name: None})

    def _by_path(self, path):
        at, name = self._where(path)
        return None if at is None else self.live[at].names[name]

    def replay(self, text):
        """Adds the calls of a record."""
        for line in text.splitlines():
            self._call(*line.split("\t"))

    def _call(self, ms, who, name, ret, number, offset, n, n2, path, path2,
              data):
        ret, n, n2 = int(ret), int(n), int(n2)
        inode = self.now.get(int(number)) if ret >= 0 else None
        if ret < 0 or name in NETWORK:
            pass
        elif name in ("open", "openat", "creat"):
            self._opened(path, int(number), n,
                         n2 | (os.O_TRUNC if name == "creat" else 0))
        elif name.startswith("rename"):
            assert name != "renameat2" or n in (0, 1), "an exchange of names"
            self._moved(path, path2)
        elif name in ("unlink", "unlinkat", "rmdir"):
            at, last = self._where(path)
            if at is not None:
                self._change("names", at, {last: None})
        elif name in ("mkdir", "mkdirat"):
            at, last = self._where(path)
            if at is not None:
                i = self._add(Inode(True, n & ~0o077, os.geteuid(),
                                    os.getegid()), os.stat(path).st_ino)
                self._change("names", at, {last: i})
        elif name in ("chmod", "fchmodat", "chown", "fchownat"):
            i = self._by_path(path)
            if i is not None and name in ("chmod", "fchmodat"):
                self._change("mode", i, n & 0o7777)
            elif i is not None:
                self._change("owner", i, n & 0xffffffff, n2 & 0xffffffff)
        elif inode is None:
            # Of no file of ours; were it one, its opening would be known.
            assert not path.startswith(tuple(
                f"{self.top}/{r}/" for r in self.roots)), (name, path)
        elif name in ("write", "pwrite64"):
            self._change("write", inode, int(offset), bytes.fromhex(data))
        elif name == "ftruncate":
            self._change("size", inode, n)
        elif name == "fallocate":
            self._change("grow", inode, int(offset) + n2 if n == 0 else 0)
        elif name == "fchmod":
            self._change("mode", inode, n & 0o7777)
        elif name == "fchown":
            self._change("owner", inode, n & 0xffffffff, n2 & 0xffffffff)
        elif name == "fsync":
            self._sync(inode, None)
        elif name == "fdatasync":
            self._sync(inode, DATA | {"names"})
        else:
            raise AssertionError(f"{name} is not understood: {path}")
        self.calls.append((int(ms), who, name, path))
        self.ends.append(len(self.changes))
        self.synced.append(self.sure)

    def branch(self, n):
        """The disk after call n, where the process was killed: a new Disk to
        which another run's calls can be added once it has been put() and
        known(). What was not synced is not synced there either."""
        new = object.__new__(Disk)
        new.top, new.roots, new.root = self.top, self.roots, self.root
        new.first, new.mapped = list(self.first), set(self.mapped)
        new.live = [i.copy() for i in self.first]
        new.changes = self.changes[:self.ends[n] if n >= 0 else 0]
        for c in new.changes:
            c.apply(new.live[c.inode], new.live)
        new.calls, new.ends = self.calls[:n + 1], self.ends[:n + 1]
        new.synced = self.synced[:n + 1]
        new.sure = new.synced[-1] if new.synced else frozenset()
        new.now = {}
        return new

    def known(self):
        """Looks up the inode numbers of what lies there by now."""
        def walk(i, path):
            self.now[os.lstat(path).st_ino] = i
            for name, child in self.live[i].names.items():
                walk(child, f"{path}/{name}")
        walk(self.root, self.top)

    # ---- what may be on the disk -------------------------------------------

    def state(self, applied, torn=None):
        """{path: (is_dir, mode, uid, gid, bytes)} with only these changes, in
        order; torn: (change, from, to), a write of which this part is there."""
        inodes = [i.copy() for i in self.first]
        for n in sorted(applied):
            c = self.changes[n]
            c.apply(inodes[c.inode], inodes)
        if torn:
            c = self.changes[torn[0]]
            c.apply(inodes[c.inode], inodes, torn[1:])
        return self._tree(inodes)

    def _tree(self, inodes):
        found = {}

        def walk(i, path):
            for name, child in inodes[i].names.items():
                x = inodes[child]
                found[path + name] = (x.is_dir, x.mode, x.uid, x.gid,
                                      bytes(x.data))
                if x.is_dir:
                    walk(child, path + name + "/")
        walk(self.root, "")
        return found

    def kills(self, first):
        """(n, state) for a kill after each call from first on, as state() of
        killed(n); the very same object while nothing changes. A run's first
        one is n = -1, when nothing was done yet."""
        inodes = [i.copy() for i in self.first]
        done, state = 0, None
        if first == 0:
            yield -1, self._tree(inodes)
        for n in range(first, len(self.calls)):
            if state is None or self.ends[n] > done:
                for c in self.changes[done:self.ends[n]]:
                    c.apply(inodes[c.inode], inodes)
                done, state = self.ends[n], self._tree(inodes)
            yield n, state

    def killed(self, n):
        """What a kill after call n leaves: everything done so far."""
        return frozenset(range(self.ends[n]))

    def losses(self, n):
        """What a power cut after call n may leave: (how, applied, torn). What
        the cuts before call n left already is said again; the caller keeps
        what is new."""
        sure = frozenset(i for i in self.synced[n] if i < self.ends[n])
        loose = [i for i in range(self.ends[n]) if i not in sure]
        yield "all", self.killed(n), None
        yield "none", sure, None
        for k, i in enumerate(loose):
            begin = sure | set(loose[:k])
            yield "a beginning", begin, None
            yield "all but one", sure | (set(loose) - {i}), None
            yield "one alone", sure | {i}, None
        for i in loose[-1:]:
            c = self.changes[i]
            begin = sure | set(loose[:-1])
            for cut in c.sectors():
                yield "torn", begin, (i, 0, cut)
                yield "torn", begin, (i, cut, len(c.how[1]))
                yield "torn alone", sure, (i, 0, cut)


def put(top, roots, state, junk=b"\xa5"):
    """Writes a state below top. What SQLite maps (-shm) is not known; whatever
    is in it after a power cut, it has to be made again."""
    import shutil
    for name in roots:
        shutil.rmtree(f"{top}/{name}", ignore_errors=True)
    for path in sorted(state):
        is_dir, mode, uid, gid, data = state[path]
        if is_dir:
            os.mkdir(f"{top}/{path}", mode)
        else:
            if path.endswith("-shm"):
                data = junk * len(data)
            with open(f"{top}/{path}", "wb") as f:
                f.write(data)
                os.fchmod(f.fileno(), mode)
        os.chown(f"{top}/{path}", uid, gid)
