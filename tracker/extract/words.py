"""What the columns of a firewall table are called, and how a direction is spelled.

The usual words of the trade. A source adds its own page's words; nothing in here is a
vendor's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from tracker.model import Direction
from tracker.text import remembered

Field = Literal[
    "resource",
    "direction",
    "ports",
    "protocol",
    "purpose",
    "components",
    "region",
    "action",
]

Vocabulary = Mapping[str, Field]

REQUIRED: tuple[Field, ...] = ("resource", "direction", "ports")
# Columns that many other tables have as well: they make no table a firewall table.
COMMON: tuple[Field, ...] = ("region", "action")

_WORDS: dict[Field, str] = {
    "resource": (
        "resource|resources|destination|destinations|host|hosts|hostname|host name|address"
        "|addresses|ip address|ip addresses|server|servers|url|urls|domain|domains|endpoint"
        "|endpoints|hosts and addresses|resource or address|destination address"
    ),
    "direction": "type|direction|traffic|traffic direction|traffic type|connection type",
    "ports": (
        "port and protocol|protocol and port|ports and protocols|protocols and ports|port"
        "|ports|port(s)|port/protocol|protocol/port|ports/protocols|tcp/udp port"
        "|port number|port numbers|port and protocols|ports and protocol|service|services"
    ),
    "protocol": "protocol|protocols|transport|transport protocol",
    "purpose": (
        "required for|purpose|description|used for|usage|reason|needed for|what for|details"
        "|function|use|comment|comments"
    ),
    "components": (
        "components|component|used by|product|products|applies to|module|modules|software"
    ),
    "region": (
        "region|regions|location|locations|data center|data centre|datacenter|datacentre"
        "|data center location|data center region|instance|site|geography|geo|cloud region"
        "|server region|server location|hosting region|hosting location|country|area"
    ),
    "action": (
        "action|actions|access|policy|rule|permission|firewall action|firewall rule"
        "|firewall policy|rule action|allow/deny|allow/block|permit/deny|allow or deny"
    ),
}

VOCABULARY: Vocabulary = {
    word: field for field, words in _WORDS.items() for word in words.split("|")
}


def field_of(text: str, vocabulary: Vocabulary = VOCABULARY) -> Field | None:
    """The field that a header with this text fills, or None where it is no header."""
    if len(text) > 40:  # noqa: PLR2004  no header is a sentence
        return None
    return vocabulary.get(_plain(text))


@remembered
def _plain(text: str) -> str:
    words = text.lower().replace("&", " and ").replace(" / ", "/").rstrip(" :*")
    return " ".join(words.split())


def labelled(text: str, vocabulary: Vocabulary = VOCABULARY) -> tuple[Field, str] | None:
    """`Type: Outbound` taken apart: the field that the label means, and the value."""
    label, colon, value = text.partition(":")
    field = field_of(label, vocabulary) if colon and value[:1].isspace() else None
    return (field, value.strip()) if field and value.strip() else None


DIRECTIONS: Mapping[str, Direction] = {
    "outbound": "outbound",
    "out": "outbound",
    "outgoing": "outbound",
    "egress": "outbound",
    "inbound": "inbound",
    "in": "inbound",
    "incoming": "inbound",
    "ingress": "inbound",
}


def direction_of(text: str) -> Direction | None:
    """The direction that a cell with this text states, or None."""
    return DIRECTIONS.get(text.lower().removesuffix(" only").strip(" .:"))
