"""What the answer to a POST means: shown without secrets, and worth another try or not.

Knows numbers and headers, not httpx.
"""

from __future__ import annotations

from notifiers._secret import Secret, redact
from notifiers._text import plain
from tracker.errors import DeliveryError

QUOTED = 80  # characters of an answer shown
LONGEST_WAIT = 86_400.0  # seconds; a Retry-After beyond a day is no advice
ADVICE = "check the URL at its service"
ADVICE_OF = {  # where it is not the address that is wrong, or more can be said
    400: "it does not take this message; see its log",
    405: "it takes no POST; check the URL at its service",
    410: "it was removed; make a new URL at its service",
    413: "too long for it; raise its limit, or give the channel fewer regions",
    415: "it takes no JSON; check the URL at its service",
    422: "it does not take this message; see its log",
}
REDIRECTED = "redirects are not followed; use the URL that it leads to"
SECRET_PART = 6  # characters from which a part of the URL's path counts as secret


def quoted(answer: bytes, url: Secret, *secrets: Secret) -> str:
    """The first printable characters of the answer, without any part of the URL."""
    text = redact(answer.decode(errors="replace"), *secrets, *_parts(url))
    return plain(text)[:QUOTED]


def failure_of(
    status: int, said: str, retry_after: str | None, advice: str = ADVICE
) -> DeliveryError:
    """Why a status is no delivery; one that needs a person comes with advice."""
    passing = may_pass(status)
    quoted = f' "{said}"' if said else ""
    more = "" if passing else f"; {_advice(status, advice)}"
    wait = _seconds(retry_after) if passing and retry_after else None
    return DeliveryError(f"HTTP {status}{quoted}{more}", retriable=passing, retry_after=wait)


def _advice(status: int, usual: str) -> str:
    """What to do about it: a channel's own advice, or what the status says."""
    if 300 <= status < 400:  # noqa: PLR2004
        return REDIRECTED
    return ADVICE_OF.get(status, usual) if usual == ADVICE else usual


def may_pass(status: int) -> bool:
    """408, 429 and 5xx may pass by themselves; a redirect or another 4xx will not."""
    return status in (408, 429) or status >= 500  # noqa: PLR2004


def _seconds(retry_after: str) -> float | None:
    """Seconds from now, of a number of seconds or an HTTP date; None for neither."""
    from datetime import UTC, datetime  # noqa: PLC0415
    from email.utils import parsedate_to_datetime  # noqa: PLC0415

    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_WAIT)
    try:
        date = parsedate_to_datetime(text)
        wait = (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(wait, 0.0), LONGEST_WAIT)


def _parts(url: Secret) -> list[Secret]:
    """What an answer could give away by an echo: the URL, its path, the parts of it."""
    import re  # noqa: PLC0415
    from urllib.parse import unquote, urlsplit  # noqa: PLC0415

    split = urlsplit(url.reveal())
    # Split at "=" and "&" too: the token of a Teams workflow is one value of its query.
    parts = {url.reveal(), split.path, split.query, split.password or ""}
    parts.update(re.split(r"[/&=]", f"{split.path}&{split.query}"))
    parts.update(map(unquote, tuple(parts)))
    secret = (part for part in parts if len(part) >= SECRET_PART)
    return [Secret(part) for part in sorted(secret, key=len, reverse=True)]
