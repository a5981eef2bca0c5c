"""`fwtracker serve` as a process of its own, the way an init system has it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import httpx


class Served:
    """One process: its port, its log so far, its end."""

    def __init__(self, folder, *args, env=None):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tracker", "serve", "--port", "0", *map(str, args)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )
        self.lines: list[str] = []
        self._said = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            with self._said:
                self.lines.append(line.rstrip("\n"))
                self._said.notify_all()
        with self._said:
            self._said.notify_all()

    def says(self, pattern, count=1):
        """Wait for a line of the log; the match."""

        def found():
            matches = [m for line in self.lines if (m := re.search(pattern, line))]
            return matches[count - 1] if len(matches) >= count else None

        with self._said:
            if not self._said.wait_for(found, timeout=30):
                raise AssertionError(f"never said {pattern!r}; it said {self.lines}")
            return found()

    @property
    def client(self):
        port = self.says(r"listening on http://127\.0\.0\.1:(\d+)/")[1]
        return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False)

    def send(self, number):
        self.process.send_signal(number)

    def ends(self):
        """Wait for the end; the exit status."""
        status = self.process.wait(30)
        self._reader.join()
        return status

    def stop(self):
        self.send(signal.SIGTERM)
        return self.ends()


@contextmanager
def serve(folder, *args, env=None):
    served = Served(folder, *args, env=env)
    try:
        yield served
    finally:
        if served.process.poll() is None:
            served.process.kill()
        served.ends()
        served.process.stderr.close()


def until(question):
    """Wait until it is answered with yes, for half a minute at most."""
    for _ in range(600):
        if question():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


class Slow(dict):
    """Pages of a site that are answered when `go` is set; `asked` when one was asked for."""

    def __init__(self, pages):
        super().__init__(pages)
        self.go, self.asked = threading.Event(), threading.Event()

    def get(self, *args):
        self.asked.set()
        self.go.wait(60)
        return super().get(*args)
