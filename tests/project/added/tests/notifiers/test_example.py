"""The example channel, for the suite of all notifiers: a server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.notifiers.rigs import hook_rig
from tests.support.servers import Rig

PATH = "/in/canary-0c4e"


@contextmanager
def rig(folder: Path, trouble: str = "fine") -> Iterator[Rig]:
    settings, environment = {"url_env": "RIG_EXAMPLE"}, {"RIG_EXAMPLE": f"HERE{PATH}"}
    with hook_rig(trouble, settings, environment, PATH) as (hook, made):
        made.received = lambda: [[] for _ in hook.requests]  # sent as text, shown as text
        made.shown = lambda: [f"{body['title']}\n{body['text']}" for body in hook.bodies()]
        yield made
