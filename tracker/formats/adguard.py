"""Exceptions for AdGuard Home and AdGuard DNS, one a line; `||` is a name and all below it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats._delta import of_lines
from tracker.formats._filtered import cannot, hosts, names
from tracker.formats._notes import head, left_out_lines
from tracker.formats._policy import comment, rules_of

_HOW_TO = """
In AdGuard Home: Filters, DNS allowlists, add the address of this file; or paste its lines into
the custom filtering rules. A rule of yours with $important still blocks.
|name^ is that name alone, ||name^ the name and all below it. Pi-hole reads the second kind
only: the names of the first go into its exact allow list."""

_RULE = re.compile(r"@@(\|\|?)([a-z0-9._-]+)\^")


def render(rule_set: RuleSet) -> Rendered:
    """The whole list; nothing where there is no name."""
    allowed, left_out = rules_of(rule_set, cannot)
    if not allowed:
        return Rendered(None, left_out)
    notes = [*head(rule_set), *_HOW_TO.split("\n"), *left_out_lines(left_out)]
    comments = [f"# {line}".rstrip() for line in notes]
    lines = [*comments, "", *_body(rule_set)]
    return Rendered("\n".join(lines) + "\n", left_out)


def read_back(text: str) -> frozenset[str]:
    """The names that the list exempts. Raises RuleError for a line that is no rule."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return frozenset(map(_host, lines))


def expressed(rule_set: RuleSet) -> frozenset[str]:
    """The names that the list must exempt, without those that a wildcard includes."""
    return hosts(rule_set, cannot)


def _body(rule_set: RuleSet) -> Iterator[str]:
    for name in names(rule_set, cannot):
        if name.words or name.wide or name.host.startswith("*."):
            yield f"# {name.note}"
        if name.wide is None:
            yield _rule(name.host)


def _rule(host: str) -> str:
    return f"@@||{host[2:]}^" if host.startswith("*.") else f"@@|{host}^"


def _host(line: str) -> str:
    found = _RULE.fullmatch(line)
    if found is None:
        raise RuleError(f'adguard.txt cannot be read back: "{comment(line)}"')
    return f"*.{found[2]}" if found[1] == "||" else found[2]


FORMAT = Format(
    name="adguard",
    file="adguard.txt",
    about="exceptions for AdGuard Home, names alone or with all below them",
    render=render,
    read_back=read_back,
    expressed=expressed,
    delta=of_lines(_body, "#"),
)
