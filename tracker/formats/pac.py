"""A proxy auto-configuration file: what the page names goes directly, all else as told.

Plain JavaScript of 1999 (ECMA-262, 3rd edition), which is all that Windows' own engine knows,
and without the functions that look names up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tracker.errors import RuleError
from tracker.formats import Format, Limit, Rendered, RuleSet
from tracker.formats._boxes import Ports
from tracker.formats._delta import of_lines
from tracker.formats._names import called, gathered, stem
from tracker.formats._nft_plan import port_span, ports_of
from tracker.formats._notes import head, left_out_lines
from tracker.formats._once import once
from tracker.formats._pac_code import CODE, FIND
from tracker.formats._policy import comment, network_of, rules_of, span_key
from tracker.formats._proxied import cannot

_LONGEST = 40  # characters of a function's name, for the reader's sake
_HOW_TO = """
What is named here goes directly (DIRECT); all else goes where fwtracker_otherwise says, and
that says DIRECT too until you say more. Put below this file, in the file that you serve,
either one line:
  var fwtracker_otherwise = "PROXY proxy.example.com:3128";
or a FindProxyForURL of your own, which then counts instead of the one here, and asks
{name}(url, host) what is named. Browsers hand over the port of a URL, and look nothing
up for this file: an address counts only where it stands in the URL itself."""

_ITEM = re.compile(r'        \["([a-z0-9*._:/-]+)", ([0-9]+), ([0-9]+)\],')
# In a list that ends in a comma, old engines see one element more, of no value.
_LAST = '        ["", 1, 0]'

Item = tuple[str, Ports]


def render(rule_set: RuleSet) -> Rendered:
    """The whole file; nothing where there is no name and no address on a TCP port."""
    allowed, left_out = rules_of(rule_set, cannot)
    if not allowed:
        return Rendered(None, left_out)
    name = stem(rule_set, _LONGEST, "_")
    how_to = _HOW_TO.format(name=name).split("\n")
    notes = [*head(rule_set), *how_to, *left_out_lines(left_out)]
    comments = [f"// {line}".rstrip() for line in notes]
    return Rendered("\n".join([*comments, *_body(name, _items(rule_set))]) + "\n", left_out)


def read_back(text: str) -> frozenset[str]:
    """What the file lets go directly: `outbound *.example.com tcp/443`.

    Raises RuleError where its lines are not those that would be written for what it lists.
    """
    lines = _bare(text.splitlines())
    name = lines[0].removeprefix("var ").partition(" ")[0] if lines else ""
    matches = [match for match in map(_ITEM.fullmatch, lines) if match]
    items = {(match[1], (int(match[2]), int(match[3]))): "" for match in matches}
    if _bare(_body(name, items)) != lines:
        raise RuleError("proxy.pac cannot be read back: a line is missing, or too many")
    return frozenset(map(_line, items))


def expressed(rule_set: RuleSet) -> frozenset[str]:
    """What the file must let go directly."""
    return frozenset(map(_line, _items(rule_set)))


@once
def _items(rule_set: RuleSet) -> dict[Item, str]:
    """Names, then addresses by number, each with its ports and what the page calls it."""
    allowed, _ = rules_of(rule_set, cannot)
    said = gathered(((rule.endpoint.target, ports_of(rule)), rule.words) for rule in allowed)
    return {item: called(item[0], said[item]) for item in sorted(said, key=_key)}


def _entries(rule_set: RuleSet) -> Iterator[str]:
    """The list alone."""
    return map(_entry, _items(rule_set))


def _entry(item: Item) -> str:
    target, (first, last) = item
    return f'["{target}", {first}, {last}],'


def _key(item: Item) -> tuple[object, ...]:
    target, ports = item
    return (1, span_key(target), ports) if network_of(target) else (0, target, ports)


def _line(item: Item) -> str:
    target, ports = item
    return f"outbound {target} tcp/{port_span(ports)}"


def _body(name: str, items: dict[Item, str]) -> Iterator[str]:
    yield ""
    yield f"var {name} = (function () {{"
    yield "    var list = ["
    last = ""
    for item, words in items.items():
        if (said := comment(words) or item[0]) != last:
            yield f"        // {said}"
        last = said
        yield f"        {_entry(item)}"
    yield _LAST
    yield "    ];"
    yield from CODE.splitlines()[1:]
    yield from FIND.format(name=name).splitlines()


def _bare(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line and not line.lstrip().startswith("//")]


FORMAT = Format(
    name="pac",
    file="proxy.pac",
    about="proxy auto-configuration: names and addresses that go past the proxy",
    render=render,
    read_back=read_back,
    expressed=expressed,
    delta=of_lines(_entries),
    limit=Limit(
        most=1048576,
        what="bytes",
        source="Chromium, net/proxy_resolution/pac_file_fetcher_impl.cc",
        count=len,
    ),
)
