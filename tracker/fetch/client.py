"""The HTTP client for pages, webhooks and the heartbeat: httpx with its own transport.

httpx cannot pass a network backend to httpcore, on which it is built, so `DeadlineTransport`
replaces its transport. It adds what `network.py` does: an overall deadline and the address
policy. Proxies are those of the environment, with exceptions as in curl.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from ipaddress import ip_address, ip_network
from threading import Lock
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from tracker.errors import UsageError
from tracker.fetch.network import DeadlineBackend, RequestDeadline
from tracker.fetch.urls import parse_url

# The number of idle connections that are kept, and for how many seconds.
_KEPT, _IDLE = 8, 5.0
_PORTS = {"http": 80, "https": 443}
_PROXY_SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})
_ERRORS: dict[type[Exception], type[httpx.TransportError]] = {
    getattr(httpcore, name): getattr(httpx, name)
    for name in (
        *("ConnectTimeout", "ReadTimeout", "WriteTimeout", "PoolTimeout", "ConnectError"),
        *("ReadError", "WriteError", "LocalProtocolError", "RemoteProtocolError"),
        *("ProxyError", "UnsupportedProtocol"),
    )
}


class DeadlineTransport(httpx.BaseTransport):
    """Sends the requests of an `httpx.Client` until the deadline.

    `direct` makes the connections without a proxy; by default they may go to any host.
    """

    def __init__(
        self, deadline: RequestDeadline, direct: httpcore.NetworkBackend | None = None
    ) -> None:
        self._deadline = deadline
        to_proxy = DeadlineBackend(deadline)
        self._pools = ConnectionPools(direct or to_proxy, to_proxy)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response; its body is yet to be read.

        Raises httpx.TransportError, OSError, UsageError for a proxy that cannot be used, and
        the errors of the network backend.
        """
        url = request.url
        sent = httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _mapped_errors():
            trusted = url.raw_host.decode("ascii") in self._deadline.trusted_hosts
            pool = self._pools.for_url(url, trusted=trusted)
            received = pool.handle_request(sent)
        return httpx.Response(
            received.status,
            headers=received.headers,
            stream=_ResponseBody(received),
            extensions=received.extensions,
        )

    def close(self) -> None:
        """Close all connections."""
        self._pools.close()


class _ResponseBody(httpx.SyncByteStream):
    """The raw body of a response; it raises the errors of httpx."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _mapped_errors():
            yield from self._response.iter_stream()

    def close(self) -> None:
        """Close the response, which returns its connection to the pool."""
        self._response.close()


@contextmanager
def _mapped_errors() -> Iterator[None]:
    """Raise the errors of httpcore as those of httpx."""
    try:
        yield
    except tuple(_ERRORS) as error:
        raise _ERRORS[type(error)](str(error)) from error


class ConnectionPools:
    """Connections that are kept open, by scheme, proxy and trust. Threads may share them.

    A connection that was opened to a trusted host is used only by requests that trust it too.
    """

    def __init__(
        self, direct: httpcore.NetworkBackend, to_proxy: httpcore.NetworkBackend
    ) -> None:
        self._direct, self._to_proxy = direct, to_proxy
        self._proxies = ProxySettings()
        self._pools: dict[tuple[str, str | None, bool], httpcore.ConnectionPool] = {}
        self._lock = Lock()

    def for_url(self, url: httpx.URL, *, trusted: bool) -> httpcore.ConnectionPool:
        """Return the pool for requests to `url`; `trusted` applies to its host.

        Raises UsageError for a proxy that cannot be used, OSError for an invalid SSL_CERT_FILE.
        """
        key = url.scheme, self._proxies.for_url(url), trusted
        with self._lock:
            if key not in self._pools:
                self._pools[key] = self._open_pool(*key[:2])
            return self._pools[key]

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            pool.close()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """The authorities of SSL_CERT_FILE, SSL_CERT_DIR or certifi; slow to load."""
        return httpx.create_ssl_context()

    def _open_pool(self, scheme: str, proxy: str | None) -> httpcore.ConnectionPool:
        return httpcore.ConnectionPool(
            ssl_context=self._tls if scheme == "https" else None,
            proxy=self._parse_proxy(proxy) if proxy else None,
            max_connections=None,
            max_keepalive_connections=_KEPT,
            keepalive_expiry=_IDLE,
            network_backend=self._to_proxy if proxy else self._direct,
        )

    def _parse_proxy(self, proxy: str) -> httpcore.Proxy:
        """Return a proxy with its login. Raises UsageError, without the URL or the login."""
        try:
            url = parse_url(proxy, _PROXY_SCHEMES)
            if url.scheme.startswith("socks"):
                import socksio  # type: ignore[import-not-found]  # noqa: F401, PLC0415
        except (ValueError, ImportError):
            raise UsageError(
                "the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) names a proxy that cannot"
                " be used; write http://HOST:PORT, or https://; socks5:// needs the package"
                " socksio"
            ) from None
        login = (url.username.encode(), url.password.encode()) if url.userinfo else None
        return httpcore.Proxy(
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/"),
            auth=login,
            ssl_context=self._tls if url.scheme == "https" else None,
        )


class ProxySettings:
    """The proxies of the environment, or of the system settings on macOS and Windows."""

    def __init__(self) -> None:
        self._proxies = getproxies()

    def for_url(self, url: httpx.URL) -> str | None:
        """Return the URL of the proxy for `url`; None if it needs none."""
        proxy = self._proxies.get(url.scheme) or self._proxies.get("all")
        if not proxy or self._excepts(url):
            return None
        return proxy if "://" in proxy else f"http://{proxy}"

    def _excepts(self, url: httpx.URL) -> bool:
        host = url.raw_host.decode("ascii")
        if "no" in self._proxies:
            port = url.port or _PORTS[url.scheme]
            return matches_no_proxy(self._proxies["no"], host, port)
        return bool(proxy_bypass(host))  # the system settings have their own exceptions


def matches_no_proxy(no_proxy: str, host: str, port: int) -> bool:
    """Return whether NO_PROXY excludes a host, by the rules of curl.

    The list is separated by commas or spaces. A single `*` means all hosts, `example.com` and
    `.example.com` mean the host and its subdomains, `192.0.2.0/24` the addresses of a network.
    Unlike in curl, an entry may have a port: `example.com:8443`.
    """
    if no_proxy.strip() == "*":
        return True
    entries = no_proxy.lower().replace(",", " ").split()
    return any(_matches_entry(entry, host.lower().rstrip("."), port) for entry in entries)


def _matches_entry(entry: str, host: str, port: int) -> bool:
    name, colon, entry_port = entry.rpartition(":")
    if colon and entry_port.isdecimal() and (":" not in name or name.endswith("]")):
        if int(entry_port) != port:
            return False
        entry = name
    entry = entry.strip("[]")
    try:
        address = ip_address(host)
    except ValueError:
        domain = entry.strip(".")
        return bool(domain) and (host == domain or host.endswith(f".{domain}"))
    try:
        return address in ip_network(entry, strict=False)
    except ValueError:
        return False
