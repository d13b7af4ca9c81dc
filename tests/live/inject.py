#!/usr/bin/env python3
"""Injects mail into an SMTP server at a constant rate until told to stop.

inject.py PORT RATE STOPFILE: prints how many it handed over, then
"refused N" for those that the server did not take. A message is number N,
to rN@example.org. One session of 100 messages after the other, as a busy
application would do.
"""
import os
import smtplib
import sys
import time

port, rate, stop = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
done = refused = 0
began = time.monotonic()
smtp = None
while not os.path.exists(stop):
    due = began + (done + refused) / rate
    wait = due - time.monotonic()
    if wait > 0:
        time.sleep(wait)
    number = done + refused
    if smtp is None or number % 100 == 0:
        if smtp is not None:
            smtp.quit()
        smtp = smtplib.SMTP("127.0.0.1", port, timeout=30)
    try:
        smtp.sendmail("a@example.com", f"r{number}@example.org",
                      f"Subject: {number}\n\nx\n")
        done += 1
    except smtplib.SMTPException:
        refused += 1
        smtp = None
if smtp is not None:
    smtp.quit()
print(f"injected {done} refused {refused} "
      f"seconds {time.monotonic() - began:.1f}")
