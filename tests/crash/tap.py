"""TAP, as prove reads it."""
import sys


class Tap:
    def __init__(self):
        self.n = self.failed = 0

    def say(self, fine, text, diagnostics=()):
        self.n += 1
        self.failed += not fine
        print(f"{'ok' if fine else 'not ok'} {self.n} - {text}")
        for line in diagnostics:
            print("# " + str(line).replace("\n", "\n#   "))
        sys.stdout.flush()
