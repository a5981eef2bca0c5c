"""Aliases of pfSense: a backup of the area Aliases, or of everything; or our pfsense.xml.

The rules of a whole backup are not read, so addresses count for every port.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from tracker.audit.parsed_config import ConfigParseError, ParsedConfig, ReadOptions, locate
from tracker.audit.readers import Reader
from tracker.audit.readers.shared.aliases import AliasRecord, add_aliases, unsupported

_DTD = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def read(text: str, _: ReadOptions) -> ParsedConfig:
    """Return the permits of all aliases. Raises ConfigParseError."""
    if _DTD.search(text):
        raise ConfigParseError("has a document type, which no backup of pfSense has")
    try:
        root = ET.fromstring(text)  # noqa: S314  without a DTD nothing can be defined in it
    except (ET.ParseError, ValueError) as error:
        raise ConfigParseError(f"is not XML: {error}") from None
    config = ParsedConfig()
    add_aliases([_parse_alias(each) for each in root.iter("alias")], config)
    return config


def _parse_alias(element: ET.Element) -> AliasRecord:
    said = {key: " ".join((element.findtext(key) or "").split()) for key in _FIELDS}
    at = locate(0, f"alias {said['name']}")
    return AliasRecord(
        said["name"], said["type"], tuple(said["address"].split()), said["descr"], at
    )


_FIELDS = ("name", "type", "address", "descr")

READER = Reader(
    name="pfsense",
    about="aliases of pfSense as XML",
    export="Diagnostics, Backup & Restore, area Aliases",
    sniff=lambda start: start.lstrip().startswith("<") and "<alias>" in start,
    read=read,
    unsupported=unsupported,
    fix="pfsense",
)
