"""The time of a changed check on object storage that is slow to answer each request.

An S3 server on loopback (moto) waits a second before each answer; parallel requests wait in
parallel. Prints the seconds of each check and the number of its requests, and with --trace each
request in order.
    make bench-s3
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import boto3

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.objects import serving  # noqa: E402  not installed
from tests.support.servers import HookServer  # noqa: E402
from tests.support.site import Site  # noqa: E402

# The page at each check: the first version, a change, and the same again.
CHECKS = (
    ("first check", "2024-04/stacks.html"),
    ("changed check", "2024-11/stacks.html"),
    ("unchanged check", "2024-11/stacks.html"),
)
TARGET = 40.0  # seconds for a changed check, at one second per answer
_BUCKET = "slow"


@dataclass(frozen=True)
class Request:
    """One request to the server: its method and path, its start and end (s)."""

    what: str
    start: float
    end: float


class SlowServer:
    """A WSGI application in front of another: it waits, and records each request."""

    def __init__(self, app: Callable[..., Iterable[bytes]], delay: float) -> None:
        self.app, self.delay = app, delay
        self.requests: list[Request] = []

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer after the delay."""
        began = time.monotonic()
        time.sleep(self.delay)
        answer = self.app(environ, start)
        query = environ.get("QUERY_STRING", "")
        what = f"{environ['REQUEST_METHOD']:6} {environ['PATH_INFO']}{query and '?' + query}"
        self.requests.append(Request(what, began, time.monotonic()))
        return answer


def count_rounds(requests: Iterable[Request]) -> int:
    """Return the length of the longest chain of requests that began after the previous one."""
    rounds, free = 0, 0.0
    for request in sorted(requests, key=lambda request: request.end):
        if request.start >= free:
            rounds, free = rounds + 1, request.end
    return rounds


def main() -> int:
    """Measure each check and print it; return the exit status."""
    options = _options()
    slow: list[SlowServer] = []

    def wrap(app: Callable[..., Iterable[bytes]]) -> SlowServer:
        slow.append(SlowServer(app, 0.0))
        return slow[0]

    with serving(wrap) as url, Site() as site, HookServer() as hook, _work() as work:
        environ = _environ(url, hook)
        config = _write_config(work)
        print(f"S3 that answers after {options.delay:g} s; one channel, default formats")
        for title, page in CHECKS:
            site.show_sample(page)
            slow[0].requests.clear()
            slow[0].delay = options.delay
            began = time.monotonic()
            said = _check(config, site.url, environ)
            took = time.monotonic() - began
            slow[0].delay = 0.0
            _print(title, took, slow[0].requests, said, trace=options.trace)
    return 0


def _print(title: str, took: float, requests: list[Request], said: str, *, trace: bool) -> None:
    kinds = Counter(request.what.split()[0] for request in requests)
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    target = f"  target <= {TARGET:g} s" if title == "changed check" else ""
    print(
        f"{title:16}{took:7.1f} s {len(requests):5} requests ({counts}),"
        f" {count_rounds(requests)} one after the other{target}  [{said}]"
    )
    if trace:
        first = min((request.start for request in requests), default=0.0)
        for request in sorted(requests, key=lambda request: request.start):
            print(f"    {request.start - first:7.2f}  {request.what}")


def _check(config: Path, page: str, environ: dict[str, str]) -> str:
    """Run a check; return the line that it prints. Raises CalledProcessError."""
    place = f"s3://{_BUCKET}/snapshots"
    command = [sys.executable, "-m", "tracker", "--config", str(config), "--snapshots", place]
    done = subprocess.run(
        [*command, "run", "--url", page],
        cwd=ROOT,
        env=environ,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.splitlines()[0]


def _environ(url: str, hook: HookServer) -> dict[str, str]:
    """Create the bucket; return the environment of a run."""
    settings: dict[str, Any] = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": url,
        "AWS_ALLOW_HTTP": "true",
        "HOOK": hook.url,
    }
    os.environ.update(settings)
    boto3.client("s3", endpoint_url=url).create_bucket(Bucket=_BUCKET)
    return {**os.environ, **settings}


def _write_config(work: Path) -> Path:
    config = work / "fwtracker.toml"
    channel = '[[channels]]\nname = "hook"\ntype = "webhook"\nurl_env = "HOOK"\n'
    config.write_text(channel, "utf-8")
    return config


@contextmanager
def _work() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--delay", type=float, default=1.0, help="seconds before an answer")
    parser.add_argument("--trace", action="store_true", help="print each request")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
