"""The states of an endpoint: what each means, and how certain it is. Pure."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

State = Literal[
    "open",
    "open-unlisted",
    "accepted-closed",
    "refused",
    "blocked",
    "blocked-here",
    "unreachable",
    "no-route",
    "dns-fails",
    "dns-filtered",
    "tls-unknown-authority",
    "tls-wrong-name",
    "tls-incomplete",
    "tls-expired",
    "tls-cut",
    "tls-silent",
    "tls-fails",
    "mtu",
    "proxy-refused",
    "proxy-fails",
    "cannot-tell",
]
STATES: tuple[State, ...] = get_args(State)


class Meaning(NamedTuple):
    """The meaning of a state, and how certain it is."""

    words: str
    sure: str


MEANINGS: dict[State, Meaning] = {
    "open": Meaning(
        "connected to what the page lists; if it says TLS, with the expected certificate",
        "with TLS certain; without TLS, something accepted the connection and kept it open",
    ),
    "open-unlisted": Meaning(
        "connected, at an address that DNS returns and the page does not list beside the name",
        "certain; only a certificate shows whether it is the vendor's",
    ),
    "accepted-closed": Meaning(
        "the connection is accepted, then closed or reset immediately",
        "probably a proxy, portal or sinkhole in between; a server can do this too",
    ),
    "refused": Meaning(
        "the connection is refused: nothing listens there, or a firewall rejects it",
        "certain, but not which of the two",
    ),
    "blocked": Meaning(
        "no answer in time: a firewall drops the packets, or the server is down",
        "certain that no answer came, but not why",
    ),
    "blocked-here": Meaning("this machine's own firewall stops the packets", "certain"),
    "unreachable": Meaning(
        "an ICMP reply says that the traffic is not allowed or that there is no such host",
        "certain; on the local network it may be this machine that finds no host",
    ),
    "no-route": Meaning("this machine has no route to the address; nothing is sent", "certain"),
    "dns-fails": Meaning("the name does not resolve", "certain; the resolver gives the reason"),
    "dns-filtered": Meaning(
        "DNS returns a non-public address, as DNS filters do; no connection is made to it",
        "certain that the answer is not the public server",
    ),
    "tls-unknown-authority": Meaning(
        "the certificate is not from a public authority: TLS inspection, or the vendor's own",
        "certain; the issuer's name shows which of the two",
    ),
    "tls-wrong-name": Meaning(
        "the certificate is for other names than those beside it on the page", "certain"
    ),
    "tls-incomplete": Meaning(
        "the server sends a logged certificate without its intermediate",
        "likely; nothing is downloaded to prove it",
    ),
    "tls-expired": Meaning(
        "the certificate has expired or is not valid yet",
        "certain if this machine's clock is right",
    ),
    "tls-cut": Meaning(
        "connected, but the connection is cut during the TLS handshake",
        "probably a filter that reads the server name; a server can do this too",
    ),
    "tls-silent": Meaning(
        "connected, but the TLS handshake gets no answer, not even with small packets",
        "certain that no answer came, but not why",
    ),
    "tls-fails": Meaning(
        "connected, but the peer does not speak TLS, or aborts the handshake", "certain"
    ),
    "mtu": Meaning(
        "the TLS handshake succeeds with small packets only: large ones are lost on the way",
        "likely; a loss that has ended by then looks the same",
    ),
    "proxy-refused": Meaning("the proxy refuses to connect there", "certain"),
    "proxy-fails": Meaning("the proxy cannot be reached, or breaks the connection", "certain"),
    "cannot-tell": Meaning(
        "not tried, or no answer where none is required", "no statement is possible"
    ),
}
# If the attempts for an endpoint differ, the state that comes first here is reported.
WORST_FIRST: tuple[State, ...] = (
    "tls-unknown-authority",
    "tls-wrong-name",
    "dns-filtered",
    "dns-fails",
    "blocked-here",
    "blocked",
    "unreachable",
    "refused",
    "accepted-closed",
    "tls-cut",
    "tls-silent",
    "mtu",
    "tls-expired",
    "tls-incomplete",
    "tls-fails",
    "proxy-fails",
    "proxy-refused",
    "open-unlisted",
    "no-route",
    "cannot-tell",
    "open",
)
# States that a firewall rule may fix.
TO_ALLOW: frozenset[State] = frozenset(
    {"refused", "blocked", "blocked-here", "unreachable", "accepted-closed", "tls-cut"}
)
# States that show nothing beyond this machine.
UNANSWERED: frozenset[State] = frozenset(
    {"blocked", "unreachable", "no-route", "dns-fails", "cannot-tell", "proxy-fails"}
)
# States that a retry may find open.
TO_RETRY: frozenset[State] = frozenset(
    {
        *("refused", "blocked", "unreachable", "accepted-closed", "dns-fails"),
        *("tls-cut", "tls-silent", "tls-fails", "proxy-fails"),
    }
)
