"""A response policy zone that exempts names: BIND, Unbound, PowerDNS and Knot Resolver 5.

It contains only passthru rules, and goes before the zones that block, because a resolver
consults its zones in order. Mixed with blocking rules in one zone, it would let through more
names than it lists. Its serial is the time of the version in seconds; that of the published
file never falls, even if the content changes without a new version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet, SerialField
from tracker.formats.shared.addresses import is_wildcard
from tracker.formats.shared.comments import file_notes
from tracker.formats.shared.deltas import delta_of_lines
from tracker.formats.shared.domain_names import (
    FilteredName,
    filtered_hosts,
    filtered_names,
    unsupported_by_dns,
)
from tracker.formats.shared.objects import name_stem
from tracker.formats.shared.policy import allowed_rules, list_left_out
from tracker.formats.shared.text import comment_lines, join_lines
from tracker.model import Endpoint
from tracker.times import parse_utc

TOO_LONG = "with the zone's name appended, it would be longer than a name may be"
# RFC 1035, 2.3.4: a name has at most 255 octets, including the zone's own name.
_LONGEST_HOST = 180
_LONGEST_ZONE = 60

_HOW_TO = """
You can give the zone another name; here it is {zone}. Put it before
the zones that block:
  BIND     response-policy {{ zone "{zone}"; ... }};
           zone "{zone}" {{ type primary; file "{zone}.zone"; }};
  Unbound  module-config: "respip validator iterator"
           rpz: name: "{zone}" zonefile: "{zone}.zone"
           Its local zones take precedence: unbound.conf lifts what they block.
PowerDNS Recursor and Knot Resolver 5 support it too.
Knot Resolver 6 does not: it skips rpz-passthru.
A name that a wildcard covers has no line: it would hide its neighbours from the wildcard.
"""

_ENTRY = re.compile(r"(?P<host>[a-z0-9*._-]+) CNAME rpz-passthru\.")
_SOA = "@ SOA localhost. hostmaster.localhost. {serial} 3600 600 86400 300"
_SERIAL = re.compile(
    rf"^{re.escape(_SOA).replace(re.escape('{serial}'), '([0-9]{1,10})')}$", re.MULTILINE
)


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole zone; no text if there is no name."""
    allowed = allowed_rules(rule_set, _explain_unsupported)
    left_out = list_left_out(rule_set, _explain_unsupported)
    if not allowed:
        return Rendered(None, left_out)
    how_to = _HOW_TO.format(zone=f"{name_stem(rule_set, _LONGEST_ZONE, '-')}.rpz")
    comments = comment_lines(";", file_notes(rule_set, how_to, left_out))
    lines = [
        *comments,
        "",
        *_zone_lines(
            _find_moment(rule_set), _entries(filtered_names(rule_set, _explain_unsupported))
        ),
    ]
    return Rendered(join_lines(lines), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return the names that the zone exempts, `*.example.com` for one with its subdomains.

    Raises RuleError if its lines are not those that would be written for these names.
    """
    lines = [line for line in text.splitlines() if line and not line.startswith(";")]
    serial = _read_serial(text)
    owners = [found["host"] for line in lines if (found := _ENTRY.fullmatch(line))]
    bare = {owner[2:] for owner in owners if owner.startswith("*.")}
    exempt = sorted(owner for owner in owners if owner not in bare)
    entries = [line for host in exempt for line in _host_lines(host)]
    if list(_zone_lines(serial, entries)) != lines:
        raise RuleError("rpz.zone cannot be read back: a line is missing, or too many")
    return frozenset(exempt)


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return the names that the zone must exempt, without those that a wildcard includes."""
    return filtered_hosts(rule_set, _explain_unsupported)


def _explain_unsupported(endpoint: Endpoint) -> str | None:
    return unsupported_by_dns(endpoint) or (
        TOO_LONG if len(endpoint.target) > _LONGEST_HOST else None
    )


def _zone_lines(serial: int, entries: Iterable[str]) -> Iterator[str]:
    yield "$TTL 300"
    yield _SOA.format(serial=serial)
    yield "@ NS localhost."
    yield from entries


def _find_moment(rule_set: RuleSet) -> int:
    return int(parse_utc(rule_set.captured_at).timestamp())


def _read_serial(text: str) -> int:
    """Return the serial of a zone. Raises RuleError if it has none, or several."""
    found = _SERIAL.findall(text)
    if len(found) != 1:
        raise RuleError("rpz.zone cannot be read back: it has no serial, or several")
    return int(found[0])


def _write_serial(text: str, serial: int) -> str:
    """Return a zone with another serial."""
    return _SERIAL.sub(lambda _: _SOA.format(serial=serial), text)


def _entries(found: Iterable[FilteredName]) -> Iterator[str]:
    for name in found:
        if name.needs_note:
            yield f"; {name.note}"
        if name.included_by is None:
            yield from _host_lines(name.host)


def _host_lines(host: str) -> Iterator[str]:
    """Yield the lines of a host. A wildcard in DNS excludes its bare name (RFC 4592)."""
    if is_wildcard(host):
        yield f"{host[2:]} CNAME rpz-passthru."
    yield f"{host} CNAME rpz-passthru."


def _body(rule_set: RuleSet) -> Iterator[str]:
    """Yield only the entries, without the serial, which changes with each version."""
    return _entries(filtered_names(rule_set, _explain_unsupported))


FORMAT = Format(
    name="rpz",
    file="rpz.zone",
    about="a DNS response policy zone that exempts host names from blocking",
    loaded="name it in your resolver's configuration, before zones that block",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta_of_lines(_body, ";"),
    serial=SerialField(_read_serial, _write_serial),
)
