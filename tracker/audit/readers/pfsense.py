"""Aliases of pfSense: a backup of the area Aliases, or of everything; or our pfsense.xml.

The rules of a whole backup are not read, so addresses count for every port.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from tracker.audit.parsed_config import Dump, DumpError, Sets, place
from tracker.audit.readers import Reader
from tracker.audit.readers._aliases import Alias, cannot, openings

_DTD = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def read(text: str, _: Sets) -> Dump:
    """The openings of all aliases. Raises DumpError."""
    if _DTD.search(text):
        raise DumpError("has a document type, as no backup of pfSense has")
    try:
        root = ET.fromstring(text)  # noqa: S314  without a DTD nothing can be defined in it
    except (ET.ParseError, ValueError) as error:
        raise DumpError(f"is no XML: {error}") from None
    dump = Dump()
    openings([_alias(each) for each in root.iter("alias")], dump)
    return dump


def _alias(element: ET.Element) -> Alias:
    said = {key: " ".join((element.findtext(key) or "").split()) for key in _FIELDS}
    at = place(0, f"alias {said['name']}")
    return Alias(said["name"], said["type"], tuple(said["address"].split()), said["descr"], at)


_FIELDS = ("name", "type", "address", "descr")

READER = Reader(
    name="pfsense",
    about="aliases of pfSense as XML",
    export="Diagnostics, Backup & Restore, area Aliases",
    sniff=lambda start: start.lstrip().startswith("<") and "<alias>" in start,
    read=read,
    cannot=cannot,
    fix="pfsense",
)
