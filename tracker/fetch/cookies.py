"""What servers give to be shown again (RFC 6265), by the rules of Python's own cookie jar."""

from __future__ import annotations

from collections import deque
from threading import Lock
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from http.cookiejar import CookieJar


class Cookies:
    """Kept as they came until another request may show them.

    Most runs make but one, and the jar takes as long to load as all that a request needs.
    """

    def __init__(self) -> None:
        self._came: deque[tuple[str, str]] = deque()
        self._jar: CookieJar | None = None
        self._lock = Lock()

    def keep(self, url: str, value: str) -> None:
        """The server at `url` sent this Set-Cookie header."""
        self._came.append((url, value))

    def of(self, url: str) -> str | None:
        """The Cookie header of a request for `url`; None where there is nothing to show."""
        if not self._came and self._jar is None:
            return None
        from urllib.request import Request  # noqa: PLC0415

        with self._lock:
            asking = Request(url)  # noqa: S310  never opened: what the jar looks at
            self._filled().add_cookie_header(asking)
            return asking.get_header("Cookie")

    def _filled(self) -> CookieJar:
        """The jar with all that has come."""
        from email.message import Message  # noqa: PLC0415
        from http.cookiejar import CookieJar  # noqa: PLC0415
        from urllib.request import Request  # noqa: PLC0415

        if self._jar is None:
            self._jar = CookieJar()
        while self._came:
            url, value = self._came.popleft()
            headers = Message()
            headers["Set-Cookie"] = value
            answer = SimpleNamespace(info=lambda headers=headers: headers)
            self._jar.extract_cookies(answer, Request(url))  # type: ignore[arg-type]  # noqa: S310
        return self._jar
