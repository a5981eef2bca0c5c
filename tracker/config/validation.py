"""Checks that the types of the tables cannot make, and the words of what is wrong.

Each check raises a UsageError that names the table, the value and what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_interface, ip_network
from typing import Any

import msgspec

from tracker.config.tables import AssumedPorts
from tracker.errors import UsageError
from tracker.findings import FINDING_NAMES
from tracker.model import LAST_PORT, Service
from tracker.plugins import list_formats
from tracker.text import find_nearest

Network = IPv4Network | IPv6Network

_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")
_HOST = re.compile(r"^(?!-)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$")
_PORTS = re.compile(r"^(tcp|udp)/([0-9]{1,5})(?:-([0-9]{1,5}))?$")


def check_findings(names: Iterable[str]) -> None:
    """Check that `[guard] publish` names findings that there are."""
    for name in names:
        if name not in FINDING_NAMES:
            near = find_nearest(name, list(FINDING_NAMES))
            known = f"there are: {', '.join(FINDING_NAMES)}"
            hint = f'did you mean "{near}"?' if near else known
            raise UsageError(f'[guard] publish: no finding is called "{name}"; {hint}')


def check_formats(where: str, chosen: Iterable[str]) -> None:
    """Check that formats are named as `fwtracker rules --list` shows them."""
    there = list_formats()
    for name in chosen:
        if name not in there:
            near = find_nearest(name, there)
            hint = f'did you mean "{near}"?' if near else f"there are: {', '.join(there)}"
            raise UsageError(f'{where}: no format is called "{name}"; {hint}')


def check_names(table: str, names: Sequence[str]) -> None:
    """Check the names in a list of tables: each once, and fit for a folder."""
    for name in names:
        if not _NAME.match(name):
            raise UsageError(
                f'{table}: the name "{name}" must be lower-case letters, digits, - and _,'
                " because it becomes the name of a folder"
            )
        if names.count(name) > 1:
            raise UsageError(f'{table}: the name "{name}" is given twice')


def parse_networks(key: str, texts: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks of a key of `[serve]`; an address is a network of one."""
    return tuple(_parse_network(key, text) for text in texts)


def _parse_network(key: str, text: str) -> Network:
    try:
        network = ip_network(text)
    except ValueError:
        raise UsageError(
            f'[serve] {key}: "{text}" is not an address or a network: write "192.0.2.10" or'
            ' "10.0.0.0/8"'
        ) from None
    if not network.prefixlen:
        raise UsageError(
            f'[serve] {key}: "{text}" is everybody, and then each client may say which address'
            " it has: name the proxies"
        )
    return network


def parse_lan(where: str, texts: Sequence[str]) -> tuple[Network, ...]:
    """Return the networks of the LAN, IPv4 first, by number, none inside another.

    `where` is the key that they stand in, as errors name it.
    """
    if not texts:
        raise UsageError(f"{where}: no network is given; leave the key out for the usual ones")
    networks = [_parse_lan_network(where, text) for text in texts]
    if all(each.is_link_local for each in networks):
        raise UsageError(
            f'{where}: "{texts[0]}" is link-local, and no gateway forwards that; name the'
            " networks of your LAN"
        )
    v4 = [each for each in networks if isinstance(each, IPv4Network)]
    v6 = [each for each in networks if isinstance(each, IPv6Network)]
    return (*collapse_addresses(v4), *collapse_addresses(v6))


def _parse_lan_network(where: str, text: str) -> Network:
    try:
        network = ip_interface(text).network
    except ValueError:
        raise UsageError(
            f'{where}: "{text}" is not a network: write "10.1.0.0/16" or "2001:db8::/48"'
        ) from None
    if ip_interface(text).ip != network.network_address:
        raise UsageError(f'{where}: "{text}" is an address with a length; write "{network}"')
    if not network.prefixlen:
        raise UsageError(f'{where}: "{text}" is every address; name the networks of your LAN')
    return network


def check_host_names(names: Iterable[str]) -> None:
    """Check that `[serve] names` are names alone, as a Host header has them without a port."""
    for name in names:
        if not _HOST.match(name):
            raise UsageError(
                f'[serve] names: "{name}" is not a host name: write "fw.example.com", without'
                " scheme, port and path"
            )


def parse_assumed_ports(tables: Iterable[AssumedPorts]) -> dict[str, tuple[Service, ...]]:
    """Return the assumed services of each target in lower case; a target may be there once."""
    found: dict[str, tuple[Service, ...]] = {}
    for table in tables:
        target = table.target.lower()
        if target in found:
            raise UsageError(f'[assumed_ports] the target "{target}" is given twice')
        found[target] = tuple(map(_parse_service, table.ports))
    return found


def _parse_service(text: str) -> Service:
    """Return the service of `tcp/443` or `tcp/1024-1030`."""
    found = _PORTS.match(text)
    first, last = (int(found[2]), int(found[3] or found[2])) if found else (0, 0)
    if found is None or not 1 <= first <= last <= LAST_PORT:
        raise UsageError(
            f'[assumed_ports] "{text}" is not a port: write "tcp/443", or "udp/3478-3481"'
        )
    return Service("tcp" if found[1] == "tcp" else "udp", first, last)


def explain_error(message: str, kind: type[Any], where: str) -> str:
    """Return msgspec's message with our words for the place, and the nearest known word."""
    text, _, at = message.partition(" - at `$")
    if not at:
        text, _, at = message.partition(" - at `key` in `$")
    at = at.rstrip("`")
    place = f"{where}{at.removesuffix('[...]')}".strip(".")
    prefix = f"[{place}] " if place else ""
    if unknown := re.search(r"unknown field `(.+?)`", text):
        return f'{prefix}unknown key "{unknown[1]}"; {_suggest(unknown[1], _keys(kind, at))}'
    if wrong := re.search(r"Invalid enum value '(.*)'", text):
        known = _values(_type_at(kind, at))
        return f'{prefix}"{wrong[1]}" is not a possible value; {_suggest(wrong[1], known)}'
    if missing := re.search(r"missing required field `(.+?)`", text):
        return f'{prefix}the key "{missing[1]}" is missing'
    return f"{prefix}{_say_in_words(text)}"


# msgspec's names of types, in the words of TOML.
_TYPES = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a string",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
    "datetime": "a time",
    "date": "a date",
    "time": "a time of day",
}


def _say_in_words(text: str) -> str:
    """Return msgspec's message with types as TOML calls them, and the pattern not at all."""
    pattern = re.fullmatch(r"Expected `str` matching regex (.*)", text)
    if pattern:
        return f"expected a string that matches {pattern[1]}"

    def name(found: re.Match[str]) -> str:
        """Return `a list or a string` for `array | str | null`."""
        kinds = [kind for kind in found[1].split(" | ") if kind != "null" or found[1] == "null"]
        return " or ".join(_TYPES.get(kind, kind) for kind in kinds)

    said = re.sub(r"`([a-z |]+)`", name, text) if text.startswith("Expected") else text
    return f"{said[0].lower()}{said[1:]}"


def _suggest(word: str, known: list[str]) -> str:
    near = find_nearest(word, known)
    return f'did you mean "{near}"?' if near else f"there are: {', '.join(sorted(known))}"


def _keys(kind: type[Any], path: str) -> list[str]:
    """Return the keys of the table at `path` below `kind`."""
    return [field.encode_name for field in getattr(_type_at(kind, path), "fields", ())]


def _values(info: Any) -> list[str]:
    """Return the words that a value may be, or else a key of the table."""
    for one in (info, *getattr(info, "types", ()), getattr(info, "key_type", None)):
        if isinstance(one, msgspec.inspect.LiteralType):
            return [str(value) for value in one.values]
    return []


def _type_at(kind: type[Any], path: str) -> Any:
    """Return the type at `path` below `kind`: `.guard`, `.rules[0]`, `.columns[...]`."""
    info = msgspec.inspect.type_info(kind)
    for step in re.findall(r"\.(\w+)|\[(?:\d+|\.\.\.)\]", path):
        info = _inner_type(info, step)
    return info


def _inner_type(info: Any, step: str) -> Any:
    if not step:
        return getattr(info, "item_type", None) or getattr(info, "value_type", info)
    return next((f.type for f in info.fields if f.encode_name == step), info)
