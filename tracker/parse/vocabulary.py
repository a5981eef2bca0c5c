"""The usual names of a firewall table's columns, of directions, and of a page's buttons.

The names are not specific to a vendor: the definition of a source adds the words of its page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tracker.model import Direction
from tracker.sources.definition import ColumnRole

Field = ColumnRole
Vocabulary = Mapping[str, Field]

REQUIRED: tuple[Field, ...] = ("resource", "direction", "ports")
# Columns that many other tables have as well: they do not show that it is a firewall table.
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
        "|port number|port numbers|port number(s)|port and protocols|ports and protocol"
        "|port(s) and protocol(s)|protocol(s) and port(s)|port(s)/protocol(s)"
        "|protocol(s)/port(s)|destination port|destination ports|destination port(s)"
        "|service|services"
    ),
    "protocol": (
        "protocol|protocols|protocol(s)|protocol type|transport|transports|transport protocol"
        "|transport protocols|transport protocol(s)|transport layer|transport layer protocol"
        "|layer 4 protocol|layer 4|l4 protocol|l4 protocol(s)|l4 protocols|l4|ip protocol"
        "|ip protocols|network protocol|network protocols|tcp/udp|tcp or udp|udp/tcp"
        "|protocol (tcp/udp)|tcp/udp protocol|proto"
    ),
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


# Additions to a column's name in a header: arrows and hints for sorting, signs for more
# information, names of font icons, footnote marks.
_SIGNS = re.compile(
    r"[\u2190-\u21ff\u2300-\u23ff\u25a0-\u25ff\u2b00-\u2bff\ue000-\uf8ff\u2139\u24d8\u2753-\u2755"
    r"\u2ba0-\u2bb8\U0001f500-\U0001f5ff\u24be\u2020\u2021*?]+|\s\^(?=\s|$)"
    r"|\[\s*(?:\d{1,2}|[a-z*?i]|info)\s*\]|\((?:[*?i]|info)\)|[\u00b9\u00b2\u00b3\u2070-\u209c]+"
)
_HINTS = re.compile(
    r"(?:[:,(-]\s*)?\b(?:activate to (?:invert )?sort\w*.*|"
    r"(?:click|press|select|tap)(?: \w+)? to sort.*"
    r"|sort(?:ed|able)?(?: column)?(?:(?: by| in)?\b.*(?:ascending|descending|order))?\)?$"
    r"|toggle sort\w*.*|not sorted|unsorted|no sort applied.*|copy(?: \w+)? to clipboard.*"
    r"|(?:more|show|additional) info(?:rmation)?$|copy$|learn more$|tooltip$"
    r"|arrow_\w+|unfold_more|unfold_less|expand_more|expand_less|content_copy|filter_list"
    r"|help_outline|info_outline|keyboard_arrow_\w+|swap_vert|import_export)"
)
_SORT_BY = re.compile(r"^(?:sort by|order by|filter by)\s+")
_MAY_BE_MARKED = re.compile(
    r"[^\x00-\x7f]|[*?^\[]|\(i|\bsort|\border by|\bfilter|_|\b(?:copy|info|learn more|tooltip)"
)
_HEADER_LENGTH = 200  # characters; a longer text is not a header


def field_of(text: str, vocabulary: Vocabulary = VOCABULARY) -> Field | None:
    """Return the field that a header with this text denotes, or None."""
    if len(text) > _HEADER_LENGTH:
        return None
    plain = normalize_header(text)
    return vocabulary.get(plain) or vocabulary.get(_strip_signs(plain))


def extend_vocabulary(*columns: Mapping[str, Field]) -> Vocabulary:
    """Return the usual words with those of definitions; later ones override earlier ones."""
    if not any(columns):
        return VOCABULARY
    own = {
        normalize_header(header): field for each in columns for header, field in each.items()
    }
    return {**VOCABULARY, **own}


def normalize_header(text: str) -> str:
    """Return a header in the form in which headers are compared."""
    words = text.lower().replace("&", " and ").replace(" / ", "/").rstrip(" :*")
    return " ".join(words.split())


def _strip_signs(plain: str) -> str:
    """Return the words of a header without signs and hints."""
    if not _MAY_BE_MARKED.search(plain):
        return plain
    words = _SORT_BY.sub("", _HINTS.sub(" ", _SIGNS.sub(" ", plain)))
    return " ".join(words.split()).strip(" :*-|")


def split_label(text: str, vocabulary: Vocabulary = VOCABULARY) -> tuple[Field, str] | None:
    """Split a text such as `Type: Outbound` into the label's field and the value, or None."""
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


_PROTOCOLS = re.compile(
    r"^(?:both\b[\s:]*)?(?:tcp|udp)(?:\s*(?:[/,&+|]|and|or)?\s*(?:tcp|udp))?$", re.IGNORECASE
)

# Words on the buttons of a page and of its tables; they are not about the page's subject.
_BUTTON_VERBS = frozenset(
    "back cancel clear close collapse contact copied copied! copy copy! details download"
    " edit expand feedback filter forward help hide info information less more next open"
    " prev previous print register request reset save scroll search share show skip sort"
    " sorted submit subscribe toggle try view".split()
)
_BUTTON_OBJECTS = frozenset(
    "a about account address all as ascending clipboard code column content csv dark demo"
    " descending details excel free get in info information ip it json light link list log"
    " login menu mode more navigation off on page pdf row rows sales sidebar sign started table"
    " text the theme this to top up url us value values".split()
)
_BUTTON_WORDS = _BUTTON_VERBS | _BUTTON_OBJECTS
_CODE_LENGTH = 2  # country codes such as "US" and "IN" are not words of a button


def direction_of(text: str) -> Direction | None:
    """Return the direction in a cell with this text, or None."""
    return DIRECTIONS.get(text.lower().strip(" .:").removesuffix(" only"))


def is_protocol(text: str) -> bool:
    """Return whether the cell consists of TCP, UDP or both."""
    return _PROTOCOLS.match(text.strip()) is not None


def is_button_label(text: str) -> bool:
    """Return whether a control's words are about the text next to it, such as "Copy"."""
    words = text.lower().split()
    if not any(sign.isalnum() for sign in text):
        return True
    return words[0] in _BUTTON_VERBS and _BUTTON_WORDS.issuperset(words[1:])


def is_page_button(text: str) -> bool:
    """Return whether a control's words are those of a page button, such as "Copy all"."""
    if text.isupper() and len(text) <= _CODE_LENGTH:
        return False
    return _BUTTON_WORDS.issuperset(re.findall(r"\w+", text.lower()))
