"""A proxy auto-configuration file: documented endpoints go directly, all else as configured.

Plain JavaScript of 1999 (ECMA-262, 3rd edition), as Windows' own engine supports nothing later,
and without the functions that resolve names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tracker.errors import RuleError
from tracker.formats import Format, Limit, Rendered, RuleSet
from tracker.formats.shared.addresses import address_key, network_of
from tracker.formats.shared.comments import file_notes
from tracker.formats.shared.deltas import delta_of_lines
from tracker.formats.shared.domain_names import (
    collect_words,
    describe_target,
    unsupported_by_proxies,
)
from tracker.formats.shared.objects import name_stem
from tracker.formats.shared.policy import allowed_rules, cached_for_format, list_left_out
from tracker.formats.shared.port_ranges import Ports, ports_of, range_text
from tracker.formats.shared.text import comment_lines, join_lines
from tracker.text import to_comment

# Compares a URL with the list: ECMA-262, 3rd edition, without functions that resolve names.
# Addresses are compared bit by bit, so that their spelling in the URL does not matter.
CODE = """
    var usual = { http: 80, https: 443, ws: 80, wss: 443, ftp: 21 };
    function bits(text, base, width) {
        var found = parseInt(text, base).toString(2);
        while (found.length < width) { found = "0" + found; }
        return found;
    }
    function four(text) {
        var parts = text.split("."), found = "", at;
        for (at = 0; at < 4; at += 1) { found += bits(parts[at], 10, 8); }
        return found;
    }
    function six(text) {
        var halves = text.split("::"), words = halves[0] ? halves[0].split(":") : [];
        var last = halves[1] ? halves[1].split(":") : [], found = "", at;
        while (halves.length === 2 && words.length + last.length < 8) { words.push("0"); }
        words = words.concat(last);
        for (at = 0; at < words.length; at += 1) { found += bits(words[at], 16, 16); }
        return words.length === 8 ? found : "";
    }
    function address(text) {
        if (/^[0-9]{1,3}(\\.[0-9]{1,3}){3}$/.test(text)) { return four(text); }
        return /^[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}$/.test(text) ? six(text) : "";
    }
    function within(own, network) {
        var parts = network.split("/"), other = address(parts[0]);
        var length = parts[1] ? Number(parts[1]) : other.length;
        if (own.length !== other.length) { return false; }
        return own.substring(0, length) === other.substring(0, length);
    }
    function below(name, pattern) {
        var bare = pattern.substring(2), start = name.length - bare.length;
        if (pattern.substring(0, 2) !== "*.") { return name === pattern; }
        return name === bare || (start > 0 && name.substring(start - 1) === "." + bare);
    }
    function port(url) {
        var parts = /^([a-z]+):\\/\\/([^\\/?#]*)/i.exec(url);
        var own = parts && /:([0-9]+)$/.exec(parts[2]);
        if (own) { return Number(own[1]); }
        return parts && usual[parts[1].toLowerCase()] || 0;
    }
    return function (url, host) {
        var name = host.toLowerCase().replace(/^\\[|\\]$|\\.$/g, "");
        var own = address(name), asked = port(url), at, one;
        for (at = 0; at < list.length; at += 1) {
            one = list[at];
            if (asked >= one[1] && asked <= one[2]) {
                if (own ? within(own, one[0]) : below(name, one[0])) { return true; }
            }
        }
        return false;
    };
}());
var fwtracker_otherwise = "DIRECT";
"""

FIND = """\
function FindProxyForURL(url, host) {{
    return {name}(url, host) ? "DIRECT" : fwtracker_otherwise;
}}"""

_LONGEST = 40  # characters of a function's name, to keep it readable

_HOW_TO = """
What is listed here is reached directly (DIRECT). Everything else goes where fwtracker_otherwise
says, which is DIRECT as well until you set it. Append to this file, in the one that you serve,
either one line:
  var fwtracker_otherwise = "PROXY proxy.example.com:3128";
or a FindProxyForURL of your own, which then replaces the one here and can ask
{name}(url, host) whether a URL is listed. Browsers pass on the port of a URL and resolve
nothing for this file: an address matches only if the URL itself contains it.
For several regions, serve rules/all/proxy.pac: of two such files in one, only the second one's
FindProxyForURL would take effect.
"""

_ITEM = re.compile(r'        \["([a-z0-9*._:/-]+)", ([0-9]+), ([0-9]+)\],')
# After a trailing comma in a list, old engines see one more, undefined element.
_LAST = '        ["", 1, 0]'
Item = tuple[str, Ports]


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole file; no text if no name or address has a TCP port."""
    allowed = allowed_rules(rule_set, unsupported_by_proxies)
    left_out = list_left_out(rule_set, unsupported_by_proxies)
    if not allowed:
        return Rendered(None, left_out)
    name = name_stem(rule_set, _LONGEST, "_")
    notes = file_notes(rule_set, _HOW_TO.format(name=name), left_out)
    body = _body(name, _items(rule_set))
    return Rendered(join_lines([*comment_lines("//", notes), *body]), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what the file lets go directly: `outbound *.example.com tcp/443`.

    Raises RuleError if its lines are not those that would be written for its list.
    """
    lines = _strip_comments(text.splitlines())
    name = lines[0].removeprefix("var ").partition(" ")[0] if lines else ""
    matches = [match for match in map(_ITEM.fullmatch, lines) if match]
    items = {(match[1], (int(match[2]), int(match[3]))): "" for match in matches}
    if _strip_comments(_body(name, items)) != lines:
        raise RuleError("proxy.pac cannot be read back: a line is missing, or too many")
    return frozenset(map(_proof_line, items))


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the file must let go directly."""
    return frozenset(map(_proof_line, _items(rule_set)))


@cached_for_format
def _items(rule_set: RuleSet) -> dict[Item, str]:
    """Return names, then addresses by number, each with ports and the page's name for it."""
    allowed = allowed_rules(rule_set, unsupported_by_proxies)
    said = collect_words(
        ((rule.endpoint.target, ports_of(rule)), rule.words) for rule in allowed
    )
    return {item: describe_target(item[0], said[item]) for item in sorted(said, key=_key)}


def _entries(rule_set: RuleSet) -> Iterator[str]:
    """Return only the lines of the list."""
    return map(_entry, _items(rule_set))


def _entry(item: Item) -> str:
    target, (first, last) = item
    return f'["{target}", {first}, {last}],'


def _key(item: Item) -> tuple[object, ...]:
    target, ports = item
    return (1, address_key(target), ports) if network_of(target) else (0, target, ports)


def _proof_line(item: Item) -> str:
    target, ports = item
    return f"outbound {target} tcp/{range_text(ports)}"


def _body(name: str, items: dict[Item, str]) -> Iterator[str]:
    yield ""
    yield f"var {name} = (function () {{"
    yield "    var list = ["
    last = ""
    for item, words in items.items():
        if (said := to_comment(words) or item[0]) != last:
            yield f"        // {said}"
        last = said
        yield f"        {_entry(item)}"
    yield _LAST
    yield "    ];"
    yield from CODE.splitlines()[1:]
    yield from FIND.format(name=name).splitlines()


def _strip_comments(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line and not line.lstrip().startswith("//")]


FORMAT = Format(
    name="pac",
    file="proxy.pac",
    about="proxy auto-configuration: names and addresses that go past the proxy",
    loaded="serve it as the proxy script, with a line of yours below it",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta_of_lines(_entries),
    limit=Limit(
        most=1048576,
        what="bytes",
        source="Chromium, net/proxy_resolution/pac_file_fetcher_impl.cc",
        count=len,
    ),
)
