"""The ways out: straight to a host, or through the proxy that the environment names.

Each way keeps its connections. Whom they may reach is held by `dial.py`.
"""

from __future__ import annotations

import os
import ssl
import sys
from threading import Lock
from urllib.parse import unquote, urlsplit

import httpcore

from tracker.errors import UsageError
from tracker.fetch.deadlines import Bounded
from tracker.fetch.dial import Dialer, Watch
from tracker.fetch.target import Target

# Idle connections: of more than are in use at once none is kept, for each is looked at with
# each request. And the seconds that one may be idle.
_KEPT, _IDLE = 8, 5.0
# What a request may end in, besides errors of ours: httpcore's have no common root, and it
# lets some of the system's through.
TROUBLE = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    OSError,
)
_PROXIES = frozenset({"http", "https", "socks5", "socks5h"})


class Ways:
    """Connections of one fetcher, by scheme and proxy; `named` are the hosts that are free."""

    def __init__(self, watch: Watch, named: set[str]) -> None:
        self._direct, self._to_proxy = Dialer(watch, named.__contains__), Bounded(watch)
        self._proxies = _proxies()
        self._pools: dict[tuple[str, str | None], httpcore.ConnectionPool] = {}
        self._making = Lock()

    def to(self, target: Target) -> httpcore.ConnectionPool:
        """What takes a request for `target`.

        Raises UsageError for a proxy of no known kind, OSError where SSL_CERT_FILE is no file.
        """
        way = target.scheme, self._proxy(target) if self._proxies else None
        with self._making:
            if way not in self._pools:
                self._pools[way] = self._pool(*way)
            return self._pools[way]

    def close(self) -> None:
        """Hang up."""
        for pool in self._pools.values():
            pool.close()

    def _proxy(self, target: Target) -> str | None:
        """The URL of the proxy for this host; None where NO_PROXY excepts it."""
        from urllib.request import proxy_bypass  # noqa: PLC0415  loaded by _proxies

        port = target.port or {"http": 80, "https": 443}[target.scheme]
        if proxy_bypass(target.host) or proxy_bypass(f"{target.host}:{port}"):
            return None
        found = self._proxies.get(target.scheme) or self._proxies.get("all")
        return f"http://{found}" if found and "://" not in found else found

    def _pool(self, scheme: str, proxy: str | None) -> httpcore.ConnectionPool:
        """A TLS context costs time, so plain http has none."""
        return httpcore.ConnectionPool(
            ssl_context=_tls() if scheme == "https" else None,
            proxy=_asked(proxy) if proxy else None,
            max_connections=None,
            max_keepalive_connections=_KEPT,
            keepalive_expiry=_IDLE,
            network_backend=self._to_proxy if proxy else self._direct,
        )


def _proxies() -> dict[str, str]:
    """Proxies by scheme, or `all`: those of the environment, or of a system that has its own.

    What is set is found by Python's own rules, which take as long to load as a request.
    """
    own = sys.platform in {"darwin", "win32"}
    if not own and not any(name.lower().endswith("_proxy") for name in os.environ):
        return {}
    from urllib.request import getproxies  # noqa: PLC0415

    return getproxies()


def _asked(url: str) -> httpcore.Proxy:
    """A proxy with the name and password of its URL. Raises UsageError, which shows neither."""
    try:
        parts = urlsplit(url)
        scheme, port = parts.scheme, parts.port
        if scheme not in _PROXIES or not parts.hostname:
            raise ValueError
        if scheme.startswith("socks"):
            import socksio  # type: ignore[import-not-found]  # noqa: F401, PLC0415
    except (ValueError, ImportError):
        raise UsageError(
            "the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) names a proxy that cannot"
            " be used; write http://HOST:PORT, or https://; socks5:// needs the package socksio"
        ) from None
    auth = None
    if parts.username is not None:
        auth = unquote(parts.username).encode(), unquote(parts.password or "").encode()
    return httpcore.Proxy(
        httpcore.URL(scheme=scheme, host=parts.hostname, port=port, target=b"/"),
        auth=auth,
        ssl_context=_tls() if scheme == "https" else None,
    )


def _tls() -> ssl.SSLContext:
    """Trusts whom SSL_CERT_FILE or SSL_CERT_DIR names, by default whom browsers trust."""
    if file := os.environ.get("SSL_CERT_FILE"):
        return ssl.create_default_context(cafile=file)
    if folder := os.environ.get("SSL_CERT_DIR"):
        return ssl.create_default_context(capath=folder)
    import certifi  # noqa: PLC0415  only where nothing else is named

    return ssl.create_default_context(cafile=certifi.where())
