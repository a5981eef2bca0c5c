"""An S3 server on loopback (moto), with a fresh bucket for each test."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, Thread

import boto3
import pytest
from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

_NUMBERS = itertools.count(1)


class _OneAtATime:
    """moto with one request at a time.

    moto checks whether an object exists and then writes it: two simultaneous conditional
    creates could both win, which cannot happen with a real S3.
    """

    def __init__(self) -> None:
        self.app, self.lock = DomainDispatcherApplication(create_backend_app), Lock()

    def __call__(self, environ, start_response):
        with self.lock:
            return list(self.app(environ, start_response))


@contextmanager
def serving(wrap: Callable = lambda app: app) -> Iterator[str]:
    """Run an S3 server on loopback and yield its URL; `wrap` may wrap the application."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(
        "127.0.0.1",
        0,
        wrap(_OneAtATime()),
        threaded=True,
        request_handler=MotoRequestHandler,
    )
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def s3_server():
    with serving() as url:
        yield url


@pytest.fixture
def bucket(s3_server, monkeypatch):
    """Return the URL of an empty bucket; the environment has the settings to reach it."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ALLOW_HTTP": "true",
        # With keys it is not asked; this makes sure that a cloud machine's never is.
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_METADATA_ENDPOINT": s3_server,
    }.items():
        monkeypatch.setenv(name, value)
    name = f"fwtracker-{next(_NUMBERS):04d}"
    boto3.client("s3", endpoint_url=s3_server).create_bucket(Bucket=name)
    return f"s3://{name}/snapshots"
