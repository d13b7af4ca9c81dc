#!/usr/bin/env python3
"""Hands over mail at a constant rate until told to stop.

inject.py RATE STOPFILE smtp PORT
inject.py RATE STOPFILE run PROGRAM [ARG...]

smtp: to a server on this host, one session of 100 messages after the other,
as a busy application would do. run: a process for each message, which gets it
on standard input and its recipient as last argument; several at a time when
one takes longer than its share.

A message is number N, to rN@example.org. Prints "injected N refused M seconds
S" at the end; refused are those that were not taken, and each is told on
standard error at once.
"""
import concurrent.futures
import os
import smtplib
import subprocess
import sys
import time

AT_ONCE = 8  # processes


def text(number):
    return f"Subject: {number}\n\nx\n"


class Smtp:
    def __init__(self, port):
        self.port, self.session, self.left = int(port), None, 0
        self.done = self.refused = 0

    def close(self):
        if self.session is not None:
            self.session.quit()
        self.session = None

    def send(self, number):
        if self.left == 0:
            self.close()
        if self.session is None:
            self.session = smtplib.SMTP("127.0.0.1", self.port, timeout=30)
            self.left = 100
        self.left -= 1
        try:
            self.session.sendmail("a@example.com", f"r{number}@example.org",
                                  text(number))
            self.done += 1
        except smtplib.SMTPException as e:
            self.refused += 1
            self.session = None
            print("refused", number, e, file=sys.stderr, flush=True)


class Run:
    def __init__(self, *argv):
        self.argv = argv
        self.pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
        self.ends = []

    def send(self, number):
        self.ends.append(self.pool.submit(self.one, number))

    def one(self, number):
        p = subprocess.run((*self.argv, f"r{number}@example.org"),
                           input=text(number), text=True, capture_output=True)
        if p.returncode != 0:
            print("refused", number, p.stderr, file=sys.stderr, flush=True)
        return p.returncode == 0

    def close(self):
        self.pool.shutdown()

    @property
    def done(self):
        return sum(e.result() for e in self.ends)

    @property
    def refused(self):
        return len(self.ends) - self.done


rate, stop = float(sys.argv[1]), sys.argv[2]
way = {"smtp": Smtp, "run": Run}[sys.argv[3]](*sys.argv[4:])
began = time.monotonic()
number = 0
while not os.path.exists(stop):
    wait = began + number / rate - time.monotonic()
    if wait > 0:
        time.sleep(wait)
    way.send(number)
    number += 1
way.close()
print(f"injected {way.done} refused {way.refused} "
      f"seconds {time.monotonic() - began:.1f}")
