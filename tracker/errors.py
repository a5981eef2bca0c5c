"""All errors that a user can get. How they are handled is decided elsewhere.

FwtrackerError                 one line: what happened, where, what to do
├── UsageError                 a wrong command line or configuration        (exit status 2)
├── FetchError                 the page could not be fetched
│   ├── Unreachable            no connection, no name, no answer in time
│   ├── Untrusted              a certificate that is not valid for the host
│   ├── ForbiddenAddress       a private address or plain http, not named by the operator
│   ├── Refused                the server answered, but not with the page
│   ├── RedirectLoop           more redirects than a page needs
│   ├── Moved                  the page is not there, or says that it is elsewhere
│   ├── RateLimited            429, or 503 with Retry-After
│   ├── Challenged             a challenge for browsers instead of the page
│   ├── LoginPage              a login instead of the page
│   ├── Maintenance            503, or a page that says so, instead of the page
│   ├── TooBig                 more bytes than a firewall page can have
│   ├── TooSlow                the whole fetch took longer than allowed
│   ├── Truncated              the body ended before the page did
│   └── NotAPage               bytes that are not text, or not the text of a page
├── PageError                  the page was fetched, but cannot be read exactly
│   ├── NothingRead            no table of the expected kind
│   └── Unreadable             there is a table, but a cell or column is not certain
├── StoreError                 the snapshots folder cannot be read or written
│   ├── Damaged                a stored file is not as it was written
│   ├── NewerSchema            a stored file was written by a newer fwtracker
│   ├── Conflict               another run committed the same number first
│   └── Locked                 another run holds the store
├── Incomplete                 a part of fwtracker itself cannot be found or read
├── RuleError                  a rule file would be empty or wrong, so none is written
└── DeliveryError              a channel did not accept a message
"""

from __future__ import annotations

from typing import Self


class FwtrackerError(Exception):
    """The base of all. `str()` is one line for people; `name` is stable, for programs."""

    exit_status = 1
    name = "error"


class UsageError(FwtrackerError):
    """The command line or the configuration asks for something impossible."""

    exit_status = 2
    name = "usage"


class FetchError(FwtrackerError):
    """The page could not be fetched. `retry_after` is in seconds, if the server gave it."""

    name = "fetch-failed"
    retriable = False
    retry_after: float | None = None


class Unreachable(FetchError):
    """No connection, no such host, no common TLS version, or a timeout."""

    name = "unreachable"
    retriable = True


class Untrusted(FetchError):
    """The certificate is not valid for the host. A retry cannot help."""

    name = "untrusted"


class ForbiddenAddress(FetchError):
    """A host that the operator did not name is not public, or is to be used with plain http."""

    name = "forbidden-address"


class Refused(FetchError):
    """An HTTP status other than that of a page. Retries may help after 5xx, not after 4xx."""

    name = "http-status"


class RedirectLoop(FetchError):
    """More redirects than allowed, usually in a loop."""

    name = "redirect-loop"


class Moved(FetchError):
    """404, 410, a redirect to another site, or a page that only points elsewhere."""

    name = "moved"


class RateLimited(FetchError):
    """The server asks for fewer requests."""

    name = "rate-limited"
    retriable = True


class Challenged(FetchError):
    """The response is a challenge for browsers or people instead of the page."""

    name = "challenged"


class LoginPage(FetchError):
    """The page is behind a login."""

    name = "login-page"


class Maintenance(FetchError):
    """The site is out of service for a while; `retriable`, as it may be back soon."""

    name = "maintenance"
    retriable = True


class TooBig(FetchError):
    """The raw or the decoded body exceeds its limit."""

    name = "too-big"


class TooSlow(FetchError):
    """The total deadline passed."""

    name = "too-slow"


class Truncated(FetchError):
    """The body ended before the page did."""

    name = "truncated"
    retriable = True


class NotAPage(FetchError):
    """Bytes of another type, in an unknown charset, or without the signs of a page."""

    name = "not-a-page"


class PageError(FwtrackerError):
    """The page was fetched but cannot be read exactly; the last good version stays.

    `settle` are lines of a definition in TOML that solve it, or comments about what to write
    there.
    """

    name = "page-not-read"
    settle = ""


class NothingRead(PageError):
    """No table with the expected columns anywhere on the page or its region pages."""

    name = "nothing-read"


class Unreadable(PageError):
    """A table was found, but one of its cells or columns has no single certain reading.

    `cell` are the lines of the cell in question, `field` is the role of its column, and
    `beside` the text of the row's protocol cell; `header` are the cells of the table's header,
    `heading` is the text above it, and `rule` the rule of the definition that applied to it.
    Each is empty if it is unknown or not the cause.
    """

    name = "unreadable"

    def __init__(
        self,
        message: str,
        *,
        cell: tuple[str, ...] = (),
        field: str = "",
        beside: str = "",
    ) -> None:
        super().__init__(message)
        self.cell, self.field, self.beside = cell, field, beside
        self.header: tuple[str, ...] = ()
        self.heading = self.rule = ""

    def at_table(self, header: tuple[str, ...], heading: str | None, rule: str = "") -> Self:
        """Return the error, with its table added if it has none yet."""
        self.header = self.header or header
        self.heading = self.heading or heading or ""
        self.rule = self.rule or rule
        return self


class StoreError(FwtrackerError):
    """The store cannot be read or written."""

    name = "store"


class Damaged(StoreError):
    """A stored file is not as it was written."""

    name = "damaged"


class NewerSchema(StoreError):
    """A stored file has the schema of a later release: it is neither read nor overwritten."""

    name = "newer-schema"


class Conflict(StoreError):
    """The file to create exists already: another run was first."""

    name = "conflict"


class Locked(StoreError):
    """Another run, `holder`, is using the same store."""

    name = "locked"

    def __init__(self, message: str, holder: str = "") -> None:
        super().__init__(message)
        self.holder = holder


class Incomplete(FwtrackerError):
    """A part of fwtracker itself cannot be found or read, and it cannot continue without."""

    name = "incomplete"


class RuleError(FwtrackerError):
    """A rule file would be empty, wrong or wider than its version."""

    name = "rules"


class DeliveryError(FwtrackerError):
    """A channel did not accept a message.

    `retriable` is whether the same message may be accepted later; `retry_after` is in seconds,
    if the other side gave it. `may_have_arrived`: the message was sent, and no response says
    that it was not accepted. The text never contains a URL or a secret.
    """

    name = "delivery"

    def __init__(
        self,
        message: str,
        *,
        retriable: bool,
        retry_after: float | None = None,
        may_have_arrived: bool = False,
    ) -> None:
        super().__init__(message)
        self.retriable = retriable
        self.retry_after = retry_after
        self.may_have_arrived = may_have_arrived
