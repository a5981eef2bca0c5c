"""Is it alive, is it of use, and the figures of both: /healthz, /readyz, /metrics."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from tracker.errors import FwtrackerError
from tracker.site.web.app_state import Site

_TEXT = "text/plain; charset=utf-8"
_NO_STORE = {"Cache-Control": "no-store"}


def healthz(site: Site, _request: Request) -> Response:
    """200 while the process answers, and what should start checks can still do so."""
    if not site.alive():
        return Response("the schedule has stopped; start anew\n", 500, _NO_STORE, _TEXT)
    return Response("alive\n", 200, _NO_STORE, _TEXT)


def readyz(site: Site, _request: Request) -> Response:
    """200 once every source has a version to give; also on a standby."""
    lines, ready = [], True
    for source in site.sources:
        try:
            manifest = site.manifest(source)
        except FwtrackerError as error:
            manifest, said = None, str(error)
        else:
            said = f"version {manifest.version}" if manifest else "no version yet"
        ready = ready and manifest is not None
        lines.append(f"{source}: {said}")
    lines.append("leading" if site.board.leads else "standing by")
    return Response("\n".join(lines) + "\n", 200 if ready else 503, _NO_STORE, _TEXT)


def metrics(site: Site, request: Request) -> Response:
    """Prometheus text, or OpenMetrics for who asks for that."""
    from tracker.site.web.metrics import (  # noqa: PLC0415  a library that only this needs
        exposed,
    )

    body, kind = exposed(site, request.headers.get("accept", ""))
    return Response(body, 200, {**_NO_STORE, "Content-Type": kind})


ROUTES = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}
