"""Further columns with unknown headers: what they hold may say what is in force."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from tests.mutate.facts import Facts, Families, Mutated, Place, entries_of, with_uses
from tests.mutate.layout import inside, rows
from tests.mutate.oracle import NOTHING, Oracle, exactly
from tests.mutate.spots import PLAIN, TABLED, altered, said
from tests.support.readings import services

_PROTOCOL_HEADERS: Final = ("Proto", "L4", "Transport", "Protocol(s)", "Zqx", "IP protocol", "")
_PORT_HEADERS: Final = {
    "UDP ports": "",
    "UDP": "",
    "Media": " UDP",
    "Zqx": " UDP",
    "Extra": " UDP",
}
_YES_NO: Final = ("Still needed", "In use", "Active", "Enabled", "Current", "Allow", "Zqx")
_NO: Final = ("No", "no", "N", "✗", "false", "No longer", "not any more")
_YES: Final = {"No": "Yes", "no": "yes", "N": "Y", "✗": "✓", "false": "true"}
_STATUSES: Final = (
    *("Inactive", "Retired", "Deprecated", "Planned", "Disabled", "Removed", "Blocked"),
    *("Old", "Obsolete", "Discontinued", "Decommissioned", "Unused", "Archived"),
)
_DATES: Final = (
    "Valid until",
    "Until",
    "Valid from",
    "From",
    "End of life",
    "Retires on",
    "Zqx",
)
_DAYS: Final = (
    "2024-12-31",
    "31 Dec 2024",
    "12/31/2024",
    "1 July 2027",
    "June 2027",
    "Q3 2027",
)
_EXCEPT: Final = ("Except", "Exceptions", "Excluded", "Not", "Without")
_EXCLUDED: Final = ("54.9.8.0/28", "54.9.8.7", "port 8080", "cdn2.action1.com", "80 TCP")
_ADDRESS_HEADERS: Final = (
    "Backup",
    "Failover address",
    "IPv4",
    "Alternative",
    "Zqx",
    "Secondary",
)


def protocols(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A bare number in the port cell; the protocol stands in a column of its own."""
    place, protocol = dice.choice(facts.places), dice.choice(("UDP", "UDP", "TCP"))
    cells = [_protocol_of(facts, at) for at in facts.places]
    cells[facts.places.index(place)] = protocol
    use = replace(facts.use(place), ports="8443")
    changed = facts.render(with_uses(facts, place, use))
    oracle = exactly(said(facts, place, f"{protocol.lower()}/8443-8443"), words=False)
    return _column(changed, facts, dice.choice(_PROTOCOL_HEADERS), cells, oracle)


def more_ports(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A second column of ports."""
    place, (header, unit) = dice.choice(facts.places), dice.choice(list(_PORT_HEADERS.items()))
    cells = _marked(facts, place, f"3478, 5349{unit}", dice.choice(("", "-", "&nbsp;", "–")))
    found = facts.entries[facts.places.index(place)].services
    more = services("udp/3478-3478", "udp/5349-5349")
    oracle = exactly(altered(facts, place, services=(*found, *more)), words=False)
    return _column(page, facts, header, cells, oracle)


def more_addresses(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A column with an address more, for a resource of one row."""
    places = [p for p in facts.places if len(facts.resource(p).uses) == 1]
    place = dice.choice([p for p in places if facts.resource(p).scope != "lan"])
    cells = _marked(facts, place, "54.9.8.7", dice.choice(("", "-", "none")))
    found = facts.entries[facts.places.index(place)].addresses
    oracle = exactly(altered(facts, place, addresses=(*found, "54.9.8.7")), words=False)
    return _column(page, facts, dice.choice(_ADDRESS_HEADERS), cells, oracle)


def yes_or_no(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A column that says whether a row counts: one does not."""
    place, no = _single(dice, facts), dice.choice(_NO)
    cells = _marked(facts, place, no, _YES.get(no, "Yes"))
    return _column(page, facts, dice.choice(_YES_NO), cells, _without(facts, place))


def required_or_not(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A column that says whether a row is required: one is not."""
    header = dice.choice(("Required?", "Required", "Mandatory", "Is it required?"))
    cells = _marked(facts, dice.choice(facts.places), "No", "Yes")
    return _column(page, facts, header, cells, NOTHING)


def status(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A column of states: one row is out of force."""
    place = _single(dice, facts)
    cells = _marked(facts, place, dice.choice(_STATUSES), "Active")
    header = dice.choice(("Status", "State", "Lifecycle", "Zqx", "Condition"))
    return _column(page, facts, header, cells, _without(facts, place))


def dates(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A column of days until or from which a row counts."""
    cells = _marked(
        facts, dice.choice(facts.places), dice.choice(_DAYS), dice.choice(("", "-"))
    )
    return _column(page, facts, dice.choice(_DATES), cells, NOTHING)


def exceptions(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A column of what a row does not hold for."""
    place, value = dice.choice(facts.places), dice.choice(_EXCLUDED)
    cells = _marked(facts, place, value, dice.choice(("", "-")))
    return _column(page, facts, dice.choice(_EXCEPT), cells, NOTHING)


def _single(dice: Random, facts: Facts) -> Place:
    """A row whose resource has no other, so that nothing spans it."""
    return dice.choice([at for at in facts.places if len(facts.resource(at).uses) == 1])


def _without(facts: Facts, place: Place) -> Oracle:
    return exactly(entries_of(with_uses(facts, place)), words=False)


def _protocol_of(facts: Facts, place: Place) -> str:
    """The protocols of a row as such a column names them."""
    found = facts.entries[facts.places.index(place)].services
    return "/".join(dict.fromkeys(service.protocol.upper() for service in found))


def _marked(facts: Facts, place: Place, text: str, other: str) -> list[str]:
    """The cells of the column: one text in one row, another in all others."""
    return [text if at == place else other for at in facts.places]


def _column(
    page: str, facts: Facts, header: str, cells: list[str], oracle: Oracle
) -> Mutated | None:
    """The page with one column more, at the end of each table."""
    if facts.markup not in TABLED or facts.markup in PLAIN:
        return None
    ends = [match.start() + match[0].rindex("</tr>") for match in rows(page)]
    heads = inside(page, r"(<t[hd][^>]*>)(?:<strong>)?Components(?:</strong>)?(</t[hd]>)</tr>")
    changed = page
    for at, source in sorted(
        [(at, f"<td>{cell}</td>") for at, cell in zip(ends, cells, strict=True)]
        + [(head.end() - 5, f"{head[1]}{header}{head[2]}") for head in heads],
        reverse=True,
    ):
        changed = changed[:at] + source + changed[at:]
    shown = next(cell for cell in sorted(cells, key=cells.count))
    return Mutated(changed, f"a column {header!r} with {shown!r}", oracle)


FAMILIES: Families = {
    "unknown columns": (
        protocols,
        more_ports,
        more_addresses,
        yes_or_no,
        required_or_not,
        status,
        dates,
        exceptions,
    )
}
