#!/usr/bin/env python3
"""sshd.py DIR [OPTION...]: the real OpenSSH server on a loopback port, one
`sshd -i` a connection, with keys of its own in DIR:

  DIR/known_hosts   its host key, for any host name and port of 127.0.0.1
  DIR/id, id.pub    a key that it lets in as whoever runs this
  DIR/other         a key that it does not let in
  DIR/log           what sshd says
  DIR/forced        when it exists: options for authorized_keys
  DIR/slow          when it exists: connections are accepted and left alone
  DIR/cut           when it exists: the client's bytes after this many (a
                    number in it) are not passed on; the connection ends
  DIR/count         connections so far

OPTION are further lines of sshd_config. Prints "ready PORT".
"""
import os
import pwd
import socket
import subprocess
import sys
import threading

def sshd_path():
    for p in ("/usr/sbin/sshd", "/usr/local/sbin/sshd"):
        if os.access(p, os.X_OK):
            return p
    sys.exit("no sshd: apt-get install openssh-server")

def keygen(path):
    if not os.path.exists(path):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                        path], check=True, stdin=subprocess.DEVNULL)

def read(path):
    with open(path, encoding="ascii") as f:
        return f.read().strip()

def write(path, text):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)

def put_authorized(d):
    """Anew for every connection: DIR/forced may have come or gone."""
    forced = read(d + "/forced") + " " if os.path.exists(d + "/forced") else ""
    write(d + "/authorized_keys.new", forced + read(d + "/id.pub") + "\n")
    os.rename(d + "/authorized_keys.new", d + "/authorized_keys")

def pump(src, dst, limit):
    """Bytes one way, `limit` of them at most (None: all)."""
    try:
        while limit is None or limit > 0:
            n = 65536 if limit is None else min(limit, 65536)
            data = src.recv(n)
            if not data:
                break
            if limit is not None:
                limit -= len(data)
            dst.sendall(data)
    except OSError:
        pass
    cut = limit is not None and limit <= 0
    for s in (dst,) if not cut else (src, dst):
        try:
            s.shutdown(socket.SHUT_RDWR if cut else socket.SHUT_WR)
        except OSError:
            pass

def serve(d, program, conn):
    put_authorized(d)
    limit = int(read(d + "/cut")) if os.path.exists(d + "/cut") else None
    ours, theirs = socket.socketpair()
    with open(d + "/log", "ab") as log:
        p = subprocess.Popen([program, "-i", "-e", "-f", d + "/sshd_config"],
                             stdin=theirs, stdout=theirs, stderr=log)
    theirs.close()
    up = threading.Thread(target=pump, args=(conn, ours, limit), daemon=True)
    up.start()
    pump(ours, conn, None)
    up.join()
    p.wait()
    conn.close()
    ours.close()

def main():
    d = os.path.abspath(sys.argv[1])
    program = sshd_path()
    os.makedirs(d, exist_ok=True)
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", 0o755, exist_ok=True)
    for name in ("host", "id", "other"):
        keygen(d + "/" + name)
    me = pwd.getpwuid(os.geteuid()).pw_name
    write(d + "/sshd_config", "\n".join([
        "HostKey " + d + "/host", "AuthorizedKeysFile " + d +
        "/authorized_keys", "StrictModes no", "UsePAM no",
        "PasswordAuthentication no", "KbdInteractiveAuthentication no",
        "PermitRootLogin prohibit-password", "AllowUsers " + me,
        "PidFile none", "PrintMotd no", "LogLevel VERBOSE"]
        + sys.argv[2:]) + "\n")
    put_authorized(d)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as s:
        port = s.getsockname()[1]
        kind, key = read(d + "/host.pub").split()[:2]
        write(d + "/known_hosts", "[127.0.0.1]:%d %s %s\n" % (port, kind, key))
        print("ready", port, flush=True)
        n, kept = 0, []
        while True:
            conn, _ = s.accept()
            n += 1
            write(d + "/count", "%d\n" % n)
            if os.path.exists(d + "/slow"):
                kept.append(conn)
                continue
            threading.Thread(target=serve, args=(d, program, conn),
                             daemon=True).start()

main()
