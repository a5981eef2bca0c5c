"""The words for what was found: what each means, and how sure it is. Pure."""

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
    """What a state means, and how sure it is."""

    words: str
    sure: str


MEANINGS: dict[State, Meaning] = {
    "open": Meaning(
        "connected to what the page lists; where it says TLS, with the expected certificate",
        "with TLS certain; without, something accepted the connection and kept it",
    ),
    "open-unlisted": Meaning(
        "connected, at an address that DNS gives and the page does not list beside the name",
        "certain; whether it is the vendor's, only a certificate says",
    ),
    "accepted-closed": Meaning(
        "the connection is accepted, then closed or reset at once",
        "likely a proxy, portal or sinkhole on the way; a server may do so too",
    ),
    "refused": Meaning(
        "the connection is refused: nothing listens there, or a firewall rejects",
        "certain; which of the two, not",
    ),
    "blocked": Meaning(
        "no answer in time: a firewall drops the packets, or the server is down",
        "certain that no answer came; why, not",
    ),
    "blocked-here": Meaning("this machine's own firewall stops the packets", "certain"),
    "unreachable": Meaning(
        "the network answers by ICMP that it does not let it through or finds no host",
        "certain; on the same network it may be this machine that finds no host",
    ),
    "no-route": Meaning("this machine has no route to the address; nothing is sent", "certain"),
    "dns-fails": Meaning("the name does not resolve", "certain; the reason is the resolver's"),
    "dns-filtered": Meaning(
        "DNS answers with an address that is not public: a DNS filter's; it is not dialled",
        "certain that the answer is not the public server",
    ),
    "tls-unknown-authority": Meaning(
        "the certificate is not by a public authority: inspection, or the vendor's own",
        "certain; which of the two, the issuer's name tells",
    ),
    "tls-wrong-name": Meaning(
        "the certificate is for other names than those beside it on the page", "certain"
    ),
    "tls-incomplete": Meaning(
        "the server sends a logged certificate without the intermediate above it",
        "likely; nothing is downloaded to prove it",
    ),
    "tls-expired": Meaning(
        "the certificate has expired or is not valid yet", "certain if this clock is right"
    ),
    "tls-cut": Meaning(
        "connected, and cut off in the TLS handshake",
        "likely a filter that reads the name in it; a server may do so too",
    ),
    "tls-silent": Meaning(
        "connected, and the TLS handshake gets no answer, in small packets neither",
        "certain that no answer came; why, not",
    ),
    "tls-fails": Meaning("connected; what answers speaks no TLS, or ends it", "certain"),
    "mtu": Meaning(
        "the TLS handshake succeeds in small packets only: large ones get lost on the way",
        "likely; a loss that was over by then looks the same",
    ),
    "proxy-refused": Meaning("the proxy answers that it does not connect there", "certain"),
    "proxy-fails": Meaning("the proxy itself is not reached, or breaks off", "certain"),
    "cannot-tell": Meaning("not tried, or no answer where none is needed", "says nothing"),
}
# Of several attempts for one endpoint, the state that comes first here is reported.
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
# What a rule of a firewall may remedy.
TO_ALLOW: frozenset[State] = frozenset(
    {"refused", "blocked", "blocked-here", "unreachable", "accepted-closed", "tls-cut"}
)
# What says of nothing beyond this machine that it is there.
UNANSWERED: frozenset[State] = frozenset(
    {"blocked", "unreachable", "no-route", "dns-fails", "cannot-tell", "proxy-fails"}
)
# What another try may find open.
TO_RETRY: frozenset[State] = frozenset(
    {
        *("refused", "blocked", "unreachable", "accepted-closed", "dns-fails"),
        *("tls-cut", "tls-silent", "tls-fails", "proxy-fails"),
    }
)
