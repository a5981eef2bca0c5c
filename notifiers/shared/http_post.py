"""One HTTP request to one secret URL, and what its response means.

The error says whether another attempt may help; nothing is retried here. Neither the
URL nor any part of its path gets into a message, a log or a traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from notifiers.shared.secrets import (
    Secret,
    quiet_loggers,
    read_secret,
    redact,
    require_one_place,
)
from notifiers.shared.text import to_line
from tracker.errors import DeliveryError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

BODY_BYTES = 2048  # read at most, of a response
QUOTED = 80  # characters of a response shown
LIMIT_SECONDS = 20.0
HEARTBEAT_SECONDS = 5.0
LONGEST_WAIT = 86_400.0  # seconds; a longer Retry-After is cut to a day
USER_AGENT = {"User-Agent": "fwtracker"}
UNCERTAIN = frozenset({500, 502, 504})  # the message may have arrived before the failure
ADVICE = "check the URL at its service"
ADVICE_OF_STATUS = {  # for statuses with a more precise advice
    400: "it does not take this message; see its log",
    405: "it takes no POST; check the URL at its service",
    410: "it was removed; make a new URL at its service",
    413: "too long for it; raise its limit, or give the channel fewer regions",
    415: "it takes no JSON; check the URL at its service",
    422: "it does not take this message; see its log",
}
REDIRECT_ADVICE = "redirects are not followed; use the URL that it leads to"
SECRET_PART = 6  # characters; a part of the URL's path of this length counts as secret


class UrlSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Where the secret URL of a channel is: exactly one of the two is set."""

    url_env: str | None = None
    url_file: str | None = None

    def __post_init__(self) -> None:
        require_one_place(self, "url")


class HttpAnswer(NamedTuple):
    """A status, the printable start of the body, and whether the body was complete."""

    status: int
    text: str
    complete: bool


def read_url(settings: UrlSettings, what: str) -> Secret:
    """Return a channel's URL. Raises UsageError if it is missing or invalid."""
    url = read_secret(settings.url_env, settings.url_file, what)
    check_secret_url(url, what)
    return url


def check_secret_url(url: Secret, what: str) -> None:
    """Raise UsageError, which does not show the secret, unless it is an http(s) URL."""
    from tracker.fetch.urls import parse_url  # noqa: PLC0415

    try:
        parse_url(url.reveal())
    except ValueError:
        pass
    else:
        if " " not in url.reveal():
            return
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
    """POST the payload; return the status and the printable first 80 characters of the body.

    Args:
        url: The address. Redirects are not followed.
        payload: JSON as bytes, or a dict to encode.
        headers: Further headers, without any secret.
        secrets: Values that are never quoted, as the parts of the URL are not.
        advice: What to do about a final failure.
        timeout: Seconds for the whole request, from the DNS lookup to the end of the response.
        wanted: The text of a good response, if the status is not enough to tell: a response
            that breaks off before that text may have been good.

    Raises:
        DeliveryError: any status but 2xx, or no response. Retriable for 408, 429, 5xx,
            timeouts and broken connections. The payload may have arrived if the connection
            broke, if no answer came, and for the statuses 500, 502 and 504.
    """
    body = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    sent = {"Content-Type": "application/json", **USER_AGENT, **(headers or {})}
    request = {"method": "POST", "content": body, "headers": sent}
    answer = _request_answer(url, request, secrets, advice, timeout or LIMIT_SECONDS)
    if wanted is not None and not answer.complete and answer.text != wanted:
        raise DeliveryError(f"HTTP {answer.status}, but the answer broke off", retriable=True)
    return answer.status, answer.text


def call_heartbeat(url_env: str | None, url_file: str | None) -> None:
    """GET the heartbeat URL once: its service alerts people when the calls stop.

    Raises UsageError for a URL that is missing or invalid, DeliveryError for any status but
    2xx or no response.
    """
    what = "the heartbeat URL"
    url = read_secret(url_env, url_file, what)
    check_secret_url(url, what)
    request = {"method": "GET", "headers": USER_AGENT}
    _request_answer(url, request, (), ADVICE, HEARTBEAT_SECONDS)


def is_transient(status: int) -> bool:
    """Return whether a later attempt may succeed after this status: 408, 429 and 5xx."""
    return status in (408, 429) or status >= 500  # noqa: PLR2004


def _request_answer(
    url: Secret,
    request: dict[str, Any],
    secrets: tuple[Secret, ...],
    advice: str,
    timeout: float,
) -> HttpAnswer:
    import httpx  # noqa: PLC0415  slow to import; loading a channel needs none

    quiet_loggers("httpx", "httpcore")
    try:
        status, headers, body, complete = _read_response(url, request, timeout)
    except (TimeoutError, httpx.TimeoutException) as error:
        failure = DeliveryError(
            f"no answer within {timeout:g} s",
            retriable=True,
            may_have_arrived=not isinstance(error, httpx.ConnectTimeout),
        )
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        failure = _map_network_error(error)
    else:
        text = _quote_body(body, url, *secrets)
        if httpx.codes.is_success(status):
            return HttpAnswer(status, text, complete)
        failure = map_status(status, text, headers.get("retry-after"), advice)
    # Raised outside the handler, so that no httpx error with the URL becomes its context.
    raise failure


def _read_response(
    url: Secret, request: dict[str, Any], timeout: float
) -> tuple[int, httpx.Headers, bytes, bool]:
    import httpx  # noqa: PLC0415

    body, complete = b"", True
    with (
        _open_client(timeout) as client,
        client.stream(url=url.reveal(), **request) as response,
    ):
        # The status is the answer, even if the body breaks off.
        try:
            for chunk in response.iter_raw():
                body += chunk
                if len(body) >= BODY_BYTES:
                    break
        except httpx.TimeoutException:
            raise
        except httpx.TransportError:
            complete = False
        return response.status_code, response.headers, body[:BODY_BYTES], complete


def _open_client(timeout: float) -> httpx.Client:
    """Return a client whose requests end within the timeout; httpx limits only single waits."""
    import time  # noqa: PLC0415

    import httpx  # noqa: PLC0415

    from tracker.fetch.client import DeadlineTransport  # noqa: PLC0415
    from tracker.fetch.network import RequestDeadline  # noqa: PLC0415

    deadline = RequestDeadline(ends=time.monotonic() + timeout)
    return httpx.Client(transport=DeadlineTransport(deadline), timeout=timeout)


def map_status(
    status: int, text: str, retry_after: str | None, advice: str = ADVICE
) -> DeliveryError:
    """Return the error for a status other than 2xx, with advice if it is final."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from tracker.times import parse_retry_after  # noqa: PLC0415

    quoted = f' "{text}"' if text else ""
    if not is_transient(status):
        message = f"HTTP {status}{quoted}; {_choose_advice(status, advice)}"
        return DeliveryError(message, retriable=False)
    wait = parse_retry_after(retry_after, datetime.now(UTC))
    return DeliveryError(
        f"HTTP {status}{quoted}",
        retriable=True,
        retry_after=None if wait is None else min(wait, LONGEST_WAIT),
        may_have_arrived=status in UNCERTAIN,
    )


def _choose_advice(status: int, usual: str) -> str:
    """Return a channel's own advice, or the advice for the status."""
    if 300 <= status < 400:  # noqa: PLR2004
        return REDIRECT_ADVICE
    return ADVICE_OF_STATUS.get(status, usual) if usual == ADVICE else usual


def _quote_body(body: bytes, url: Secret, *secrets: Secret) -> str:
    """Return the first printable characters of a body, without any part of the URL."""
    text = redact(body.decode(errors="replace"), *secrets, *_secret_parts(url))
    return to_line(text)[:QUOTED]


def _secret_parts(url: Secret) -> list[Secret]:
    """Return what a response that echoes the request could reveal: the URL and its parts."""
    import re  # noqa: PLC0415
    from urllib.parse import unquote, urlsplit  # noqa: PLC0415

    split = urlsplit(url.reveal())
    # Split at "=" and "&" too: the token of a Teams workflow is one value of its query.
    parts = {url.reveal(), split.path, split.query, split.password or ""}
    parts.update(re.split(r"[/&=]", f"{split.path}&{split.query}"))
    parts.update(map(unquote, tuple(parts)))
    secret = (part for part in parts if len(part) >= SECRET_PART)
    return [Secret(part) for part in sorted(secret, key=len, reverse=True)]


def _map_network_error(error: Exception) -> DeliveryError:
    """Return the error for a request without a response."""
    from socket import gaierror  # noqa: PLC0415
    from ssl import SSLCertVerificationError, SSLError  # noqa: PLC0415

    import httpx  # noqa: PLC0415

    if _has_cause(error, SSLCertVerificationError):
        text = "the server's TLS certificate is not trusted; see SSL_CERT_FILE"
        return DeliveryError(text, retriable=False)
    if _has_cause(error, gaierror):
        return DeliveryError("its host is not found (DNS)", retriable=True)
    if _has_cause(error, SSLError):
        return DeliveryError(
            "no TLS with this server; check whether it is https", retriable=True
        )
    if isinstance(error, httpx.ConnectError | OSError):
        return DeliveryError("no connection: the server does not answer", retriable=True)
    if isinstance(error, httpx.TransportError) and not isinstance(
        error, httpx.UnsupportedProtocol | httpx.LocalProtocolError
    ):
        return DeliveryError(
            "the connection broke before an answer", retriable=True, may_have_arrived=True
        )
    return DeliveryError("its URL cannot be used; copy it again", retriable=False)


def _has_cause(error: BaseException | None, kind: type[Exception]) -> bool:
    """Return whether an error or one of its causes is of this kind."""
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False
