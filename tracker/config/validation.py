"""Checks that the types of the tables cannot express, and the wording of errors.

Each check raises a UsageError with the table, the value and what to write instead. The values
of `_env` and `_file` keys, the places of secrets, are never shown: a secret that was pasted
there by mistake would appear in errors, logs and notices.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_interface, ip_network
from itertools import pairwise
from typing import Any

import msgspec

from tracker.config.tables import AssumedPorts
from tracker.errors import UsageError
from tracker.guard.limits import FINDING_NAMES
from tracker.model import LAST_PORT, Service
from tracker.plugins import list_formats
from tracker.text import find_nearest

Network = IPv4Network | IPv6Network

_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")
_HOST = re.compile(r"^(?!-)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$")
_PORTS = re.compile(r"^(tcp|udp)/([0-9]{1,5})(?:-([0-9]{1,5}))?$")
# Prefixes of tokens: GitHub, GitLab, Slack, Stripe, OpenAI, Hugging Face, npm, PyPI, AWS, JWT,
# SendGrid, Google.
_TOKEN = re.compile(
    r"(?:gh[oprsu]_|github_pat_|glpat-|xox[a-z]-|xapp-|[rs]k_(?:live|test)_|sk-|hf_|npm_|pypi-"
    r"|A[KS]IA|eyJ|SG\.|ya29\.)[\w.-]{12,}",
    re.ASCII,
)
_PATH_START = re.compile(r"(?:/|\.{1,2}/|~|[A-Za-z]:[\\/])")
_HOST_START = re.compile(r"[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|io|dev|app|cloud)(?::\d+)?/")
_RELATIVE = re.compile(r"[\w.-]+|[\w. -]+(?:/[\w. -]+)+")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LONGEST_WORD = 31  # letters and digits without a separator
_SHORTEST_PASSWORD = 8
_MOST_TURNS = 2  # changes between letters and digits within a word: OAUTH2TOKEN, K8S


def check_findings(names: Iterable[str]) -> None:
    """Check that the findings in `[guard] publish` exist."""
    for name in names:
        if name not in FINDING_NAMES:
            near = find_nearest(name, list(FINDING_NAMES))
            known = f"there are: {', '.join(FINDING_NAMES)}"
            hint = f'did you mean "{near}"?' if near else known
            raise UsageError(f'[guard] publish: no finding is called "{name}"; {hint}')


def check_formats(where: str, chosen: Iterable[str]) -> None:
    """Check that formats exist, by their names in `fwtracker rules --list`."""
    there = list_formats()
    for name in chosen:
        if name not in there:
            near = find_nearest(name, there)
            hint = f'did you mean "{near}"?' if near else f"there are: {', '.join(there)}"
            raise UsageError(f'{where}: no format is called "{name}"; {hint}')


def check_names(table: str, names: Sequence[str]) -> None:
    """Check the names in a list of tables: each is unique, and usable as a folder's name."""
    for name in names:
        if not _NAME.match(name):
            raise UsageError(
                f'{table}: the name "{name}" must be lower-case letters, digits, - and _,'
                " because it becomes the name of a folder"
            )
        if names.count(name) > 1:
            raise UsageError(f'{table}: the name "{name}" is given twice')


def parse_networks(key: str, texts: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks of a key of `[serve]`; an address is a network of one address."""
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
            f'[serve] {key}: "{text}" means everyone, so that any client could claim any'
            " address: name the proxies"
        )
    return network


def parse_lan(where: str, texts: Sequence[str]) -> tuple[Network, ...]:
    """Return the networks of the LAN, IPv4 first, in numerical order, none inside another.

    `where` is their key, for errors.
    """
    if not texts:
        raise UsageError(f"{where}: no network is given; remove the key for the default ones")
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
        raise UsageError(
            f'{where}: "{text}" is a host address with a prefix length; write "{network}"'
        )
    if not network.prefixlen:
        raise UsageError(
            f'{where}: "{text}" covers every address; name the networks of your LAN'
        )
    return network


def check_host_names(names: Iterable[str]) -> None:
    """Check that `[serve] names` are plain host names, as in a Host header without a port."""
    for name in names:
        if not _HOST.match(name):
            raise UsageError(
                f'[serve] names: "{name}" is not a host name: write "fw.example.com", without'
                " scheme, port and path"
            )


def parse_assumed_ports(tables: Iterable[AssumedPorts]) -> dict[str, tuple[Service, ...]]:
    """Return the assumed services of each target, in lower case; targets must be unique."""
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
    """Return msgspec's message with our name for the place, and the nearest known word."""
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
    return f"{prefix}{_name_toml_types(text)}"


# The types of msgspec, by the names that TOML uses.
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


def _name_toml_types(text: str) -> str:
    """Return msgspec's message with the names that TOML uses for types."""
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
    """Return the possible values, or for a table its possible keys."""
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


def check_secret_places(tables: dict[str, Any]) -> None:
    """Check all `_env` and `_file` keys, at any depth. Raises UsageError without the value."""
    for place, key, value in _find_keys(tables, ""):
        if key.endswith("_env") and not is_variable_name(value):
            wanted = "the name of an environment variable"
            raise _refuse(place + key, wanted, "FWTRACKER_SLACK_URL, without $")
        if key.endswith("_file") and not is_path(value):
            raise _refuse(
                place + key, "the path of a file", "/etc/fwtracker/slack-url, or ./NAME"
            )


def _refuse(key: str, wanted: str, example: str) -> UsageError:
    return UsageError(
        f"{key}: the value is not {wanted}; it is not shown because it may be the secret"
        f" itself; keep the secret elsewhere, and write {wanted} that holds it here, such as"
        f" {example}"
    )


def is_variable_name(value: str) -> bool:
    """Return whether a value is a variable's name, and not a token or password."""
    return value.isascii() and value.isidentifier() and not _is_token(value)


def is_path(value: str) -> bool:
    """Return whether a value is a path, and not a URL, token or password.

    A value that starts with `/`, `./`, `../` or `~` is always a path. Other paths must not
    contain special characters, start with a host, or look like a token.
    """
    if "://" in value or not value.isprintable():
        return False
    if _PATH_START.match(value):
        return True
    plain = _RELATIVE.fullmatch(value) and not _HOST_START.match(value)
    return bool(plain) and not _is_token(value)


def _find_keys(table: dict[str, Any], name: str) -> Iterator[tuple[str, str, str]]:
    """Yield table, key and value of each `_env` or `_file` key that is not empty."""
    place = f"[{name}] " if name else ""
    for key, value in table.items():
        if isinstance(value, str):
            if value and key.endswith(("_env", "_file")):
                yield place, key, value
            continue
        path = f"{name}.{key}".lstrip(".")
        if isinstance(value, dict):
            yield from _find_keys(value, path)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                if isinstance(item, dict):
                    yield from _find_keys(item, f"{path}[{number}]")


def _is_token(value: str) -> bool:
    """Return whether a value looks like a token or a generated password."""
    if _TOKEN.fullmatch(value) or _UUID.fullmatch(value):
        return True
    return any(map(_is_random, re.split(r"[\W_]", value)))


def _is_random(word: str) -> bool:
    turns = sum(one.isdigit() != other.isdigit() for one, other in pairwise(word))
    is_mixed = len(word) >= _SHORTEST_PASSWORD and turns > _MOST_TURNS
    return is_mixed or len(word) > _LONGEST_WORD
