"""One request to one secret URL: the only place of the package that knows httpx.

It says whether trying again may help; it never tries again itself. Neither the URL nor
any part of its path gets into a message, a log or a traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from notifiers._answer import ADVICE, failure_of, quoted
from notifiers._quiet import hush
from tracker.errors import DeliveryError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from notifiers._secret import Secret

BODY_BYTES = 2048  # read at most, of the answer
LIMIT_SECONDS = 20.0
AGENT = {"User-Agent": "fwtracker"}


class Answer(NamedTuple):
    """Its status, the printable first of what it said, and whether it came to its end."""

    status: int
    said: str
    whole: bool


def check_url(url: Secret, what: str) -> None:
    """Raise `UsageError` unless the secret has the form of an http or https URL."""
    from urllib.parse import urlsplit  # noqa: PLC0415

    try:
        parts = urlsplit(url.reveal())
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
        good = good and parts.port != 0 and " " not in url.reveal()
    except ValueError:
        good = False
    if not good:
        raise UsageError(f"{what} is not an http(s) URL; copy it again from its service")


def post_json(
    url: Secret,
    payload: bytes | dict[str, Any],
    *,
    headers: Mapping[str, str] | None = None,
    secrets: tuple[Secret, ...] = (),
    advice: str = ADVICE,
    timeout: float | None = None,
    wanted: str | None = None,
) -> tuple[int, str]:
    """POST the payload; the status and the printable first 80 characters of the answer.

    Args:
        url: Where to; may be followed to nowhere else: redirects are refused.
        payload: JSON as bytes, or a dict to encode.
        headers: More of them, without any secret.
        secrets: Never quoted, nor is any part of the URL.
        advice: What to do about an answer that is final.
        timeout: Seconds for all of it, from the name look-up to the answer's end.
        wanted: What a good answer says, where its status alone is no proof: one that breaks
            off before it has said so may have been good.

    Raises:
        DeliveryError: any status but 2xx, or no answer. Retriable for 408, 429, 5xx,
            time-outs and broken connections.
    """
    request = {"method": "POST", **_request(payload, headers)}
    answer = _answered(url, request, secrets, advice, timeout or LIMIT_SECONDS)
    if wanted is not None and not answer.whole and answer.said != wanted:
        raise DeliveryError(f"HTTP {answer.status}, but the answer broke off", retriable=True)
    return answer.status, answer.said


def get(url: Secret, *, timeout: float) -> int:
    """GET the URL; the status. Raises as `post_json` does."""
    request = {"method": "GET", "headers": AGENT}
    return _answered(url, request, (), ADVICE, timeout).status


def _answered(
    url: Secret,
    request: dict[str, Any],
    secrets: tuple[Secret, ...],
    advice: str,
    timeout: float,
) -> Answer:
    import httpx  # noqa: PLC0415

    hush("httpx", "httpcore")
    try:
        status, answered, answer, whole = _exchange(url, request, timeout)
    except (TimeoutError, httpx.TimeoutException):
        failure = DeliveryError(f"no answer within {timeout:g} s", retriable=True)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        failure = _no_answer(error)
    else:
        said = quoted(answer, url, *secrets)
        if httpx.codes.is_success(status):
            return Answer(status, said, whole)
        failure = failure_of(status, said, answered.get("retry-after"), advice)
    # Raised out here, so that no httpx error with the URL hangs on it as its context.
    raise failure


def _request(
    payload: bytes | dict[str, Any], headers: Mapping[str, str] | None
) -> dict[str, Any]:
    """Body and headers as httpx takes them."""
    body = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    ours = {"Content-Type": "application/json", **AGENT}
    return {"content": body, "headers": {**ours, **(headers or {})}}


def _exchange(
    url: Secret, request: dict[str, Any], timeout: float
) -> tuple[int, httpx.Headers, bytes, bool]:
    import httpx  # noqa: PLC0415

    answer, whole = b"", True
    with (
        _client(timeout) as client,
        client.stream(url=url.reveal(), **request) as response,
    ):
        # The status is the answer: a body that breaks off changes nothing of it.
        try:
            for chunk in response.iter_raw():
                answer += chunk
                if len(answer) >= BODY_BYTES:
                    break
        except httpx.TimeoutException:
            raise
        except httpx.TransportError:
            whole = False
        return response.status_code, response.headers, answer[:BODY_BYTES], whole


def _client(timeout: float) -> httpx.Client:
    """Return a client whose request ends within the timeout; httpx limits each wait alone."""
    import time  # noqa: PLC0415

    import httpx  # noqa: PLC0415

    from tracker.fetch.client import DeadlineTransport  # noqa: PLC0415
    from tracker.fetch.network import RequestDeadline  # noqa: PLC0415

    deadline = RequestDeadline(ends=time.monotonic() + timeout)
    return httpx.Client(transport=DeadlineTransport(deadline), timeout=timeout)


def _no_answer(error: Exception) -> DeliveryError:
    from socket import gaierror  # noqa: PLC0415
    from ssl import SSLCertVerificationError, SSLError  # noqa: PLC0415

    import httpx  # noqa: PLC0415

    if _is_of(error, SSLCertVerificationError):
        text = "the server's TLS certificate is not trusted; see SSL_CERT_FILE"
        return DeliveryError(text, retriable=False)
    if _is_of(error, gaierror):
        return DeliveryError("its host is not found (DNS)", retriable=True)
    if _is_of(error, SSLError):
        return DeliveryError(
            "no TLS with this server; check whether it is https", retriable=True
        )
    if isinstance(error, httpx.ConnectError | OSError):
        return DeliveryError("no connection: nobody answers there", retriable=True)
    if isinstance(error, httpx.TransportError) and not isinstance(
        error, httpx.UnsupportedProtocol | httpx.LocalProtocolError
    ):
        return DeliveryError("the connection broke before an answer", retriable=True)
    return DeliveryError("its URL cannot be used; copy it again", retriable=False)


def _is_of(error: BaseException | None, kind: type[Exception]) -> bool:
    """Whether it or what it comes from is of this kind."""
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False
