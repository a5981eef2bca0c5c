"""The text of `nft list ruleset`, converted to the objects of `nft -j list ruleset`.

The grammar is that of nft(8), in the form that nft prints: one rule a line, sets in braces. An
unknown word of a rule becomes a statement of that name, which the reader of the objects treats
as a condition that is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tracker.audit.parsed_config import ConfigParseError

_TABLE = re.compile(r"^table (?:(?P<family>\w+) )?(?P<name>\S+) \{(?: #.*)?$", re.MULTILINE)
_BLOCK = re.compile(
    r"(?P<kind>chain|set|map|flowtable|counter|quota|limit|ct \w+|synproxy|secmark)"
    r" (?P<name>\S+) \{.*"
)
_BASE = re.compile(
    r"type (?P<type>\w+) hook (?P<hook>\w+)(?: devices? .*?)? priority (?P<prio>[^;]+);"
    r"(?: policy (?P<policy>\w+);)?"
)
_COMMENT = re.compile(r' comment "([^"]*)"(?: # handle \d+)?$')
_TOKEN = re.compile(r'"(?P<quoted>[^"]*)"|(?P<sign>[{}(),;])|(?P<word>[^\s{}(),;"]+)')
_PAYLOADS = {
    *("ip", "ip6", "tcp", "udp", "th", "sctp", "dccp", "udplite", "icmp", "icmpv6", "igmp"),
    *("ether", "arp", "vlan", "esp", "ah", "comp"),
}
_META = {
    *("iif", "oif", "iifname", "oifname", "iifgroup", "oifgroup", "iiftype", "oiftype"),
    *("mark", "skuid", "skgid", "pkttype", "cpu", "sdif", "sdifname", "cgroup", "rtclassid"),
}
_END_WORDS = {"accept", "drop", "return", "continue", "notrack"}
_STATEMENTS = {*_END_WORDS, "jump", "goto", "comment", "log", "counter", "reject"}
# Options of statements that match nothing; each has a value.
_OPTIONS = {
    "counter": {"packets", "bytes", "name"},
    "log": {"prefix", "level", "group", "snaplen", "queue-threshold", "flags"},
}
_OPERATORS = {"==", "!=", "<", ">", "<=", ">="}
_ELEMENT_OPTIONS = {"timeout", "expires", "comment", "counter", "limit", "quota"}


def looks_like_nft_text(start: str) -> bool:
    """Return whether a text begins like a ruleset that nft printed."""
    return bool(_TABLE.search(start)) and "\n}" in f"{start}\n}}"


def parse_nft_text(text: str) -> list[dict[str, Any]]:
    """Return the objects of a ruleset. Raises ConfigParseError if a table does not end."""
    objects: list[dict[str, Any]] = []
    lines = _join_braces(text)
    for number, line in lines:
        if not (match := _TABLE.fullmatch(line)):
            raise ConfigParseError(f"line {number} is not the beginning of a table of nft")
        table = {"family": match["family"] or "ip", "table": match["name"]}
        for _, inner in lines:
            if inner == "}":
                break
            if inner.startswith("flags "):
                objects.append({"table": {**table, "flags": inner[6:].split(",")}})
            if block := _BLOCK.fullmatch(inner):
                objects += _parse_block(block, table, lines)
        else:
            raise ConfigParseError(f"the table of line {number} does not end: it is cut off")
    return objects


def _join_braces(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines, with elements and sets that span several lines joined."""
    held, start = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not held and (not line or line.startswith("#")):
            continue
        start = start if held else number
        held = f"{held} {line}" if held else line
        opens = held.count("{") - held.count("}")
        if opens > 0 and not _opens_block(held):
            continue
        yield start, held
        held = ""
    if held:
        yield start, held


def _opens_block(line: str) -> bool:
    return bool(_TABLE.fullmatch(line) or (line.endswith("{") and _BLOCK.fullmatch(line)))


def _parse_block(
    block: re.Match[str], table: dict[str, str], lines: Iterator[tuple[int, str]]
) -> Iterator[dict[str, Any]]:
    kind, name = block["kind"], block["name"]
    inside = []
    if not block.string.endswith("}"):
        for number, line in lines:
            if line == "}":
                break
            inside.append((number, line))
    if kind == "chain":
        yield from _parse_chain(name, inside, table)
    elif kind in {"set", "map"}:
        yield {kind: {**table, "name": name, **_parse_set(line for _, line in inside)}}


def _parse_chain(
    name: str, inside: list[tuple[int, str]], table: dict[str, str]
) -> Iterator[dict[str, Any]]:
    chain: dict[str, Any] = {**table, "name": name}
    rules = []
    for number, line in inside:
        if base := _BASE.match(line):
            chain |= {"type": base["type"], "hook": base["hook"]}
            chain |= {"policy": base["policy"] or "accept", "prio": base["prio"]}
        elif not line.startswith(("comment ", "policy ")):
            body: dict[str, Any] = {**table, "chain": name, "line": number, "text": line}
            if said := _COMMENT.search(line):
                body["comment"] = said[1]
            rules.append({"rule": body | {"expr": list(_Rule(line).statements())}})
    yield {"chain": chain}
    yield from rules


def _parse_set(lines: Iterator[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"flags": [], "elem": []}
    for line in lines:
        if line.startswith("flags "):
            found["flags"] += line.removeprefix("flags ").rstrip(";").split(",")
        elif line.startswith("elements = "):
            rule = _Rule(line.removeprefix("elements = "))
            found["elem"] = rule.take_set()
            found["flags"] += ["timeout"] if rule.is_timed else []
    return found


class _Rule:
    """The words of a rule, taken from the front. Never raises; unknown words are statements."""

    def __init__(self, line: str) -> None:
        self.words = [
            match["quoted"] if match["quoted"] is not None else match[0]
            for match in _TOKEN.finditer(line.partition(" # handle ")[0])
        ]
        self.is_timed = False

    def peek(self, ahead: int = 0) -> str:
        """Return a word ahead; empty if there is none."""
        return self.words[ahead] if len(self.words) > ahead else ""

    def take(self) -> str:
        """Take the next word; empty if there is none."""
        return self.words.pop(0) if self.words else ""

    def statements(self) -> Iterator[dict[str, Any]]:
        """Yield the statements of the rule."""
        while self.words:
            word = self.peek()
            if word in _END_WORDS:
                yield {self.take(): None}
            elif word in {"jump", "goto"}:
                yield {self.take(): {"target": self.take()}}
            elif word in {"counter", "log", "reject", "comment", "add", "update", "flow"}:
                yield self.take_known()
            elif word in _PAYLOADS | _META | {"meta", "ct", "fib"}:
                yield from self.take_match()
            else:
                yield {self.take(): None}

    def take_known(self) -> dict[str, Any]:
        """Take a statement that matches nothing, with its options."""
        word = self.take()
        if word in {"add", "update"}:
            self.take_until({"}"})
            self.take()
            return {"set": None}
        if word == "flow":
            self.take_until(_END_WORDS)
        elif word == "comment":
            self.take()
        elif word == "reject":
            self.take_until({"comment"})
        else:
            while self.peek() in _OPTIONS[word]:
                self.words[:2] = []
                while self.peek() == ",":
                    self.words[:2] = []
        return {word: None}

    def take_until(self, ends: set[str]) -> list[str]:
        """Take the words before one of these."""
        taken = []
        while self.words and self.peek() not in ends:
            taken.append(self.take())
        return taken

    def take_match(self) -> Iterator[dict[str, Any]]:
        """Take fields, an operator and values; or a change of a field."""
        fields = [self.take_field()]
        while self.peek() == ".":
            self.take()
            fields.append(self.take_field())
        left = fields[0] if len(fields) == 1 else {"concat": fields}
        if self.peek() == "set":
            self.take_until(_STATEMENTS)
            yield {"mangle": None}
            return
        if self.peek() == "vmap":
            self.take()
            data: Any = self.take() if self.peek().startswith("@") else {"set": self.take_set()}
            yield {"vmap": {"key": left, "data": data}}
            return
        if self.peek() in {"&", "|", "^", "<<", ">>", "and", "or", "xor"}:
            left = self.take_masked(left)
        op = self.take() if self.peek() in _OPERATORS else "=="
        right = self.take_right()
        if self.peek() == "/":  # `tcp flags syn / fin,syn,rst,ack`: the mask comes last
            self.take()
            left = {"&": [left, self.take_right()]}
        yield {"match": {"op": op, "left": left, "right": right}}

    def take_masked(self, left: dict[str, Any]) -> dict[str, Any]:
        """Take `& (fin | syn)` after a field."""
        operator = self.take()
        mask = self.take_until(_OPERATORS)
        return {operator: [left, mask]}

    def take_field(self) -> dict[str, Any]:
        """Take `ip daddr`, `meta l4proto`, `ct state`, `fib daddr type`, `iifname`."""
        word = self.take()
        if word == "fib":
            flags = self.take_until({"type", "oif", "oifname"})
            return {"fib": {"result": self.take(), "flags": [x for x in flags if x != "."]}}
        if word in {"ct", "meta"}:
            return {word: {"key": self.take()}}
        if word in _META:
            return {"meta": {"key": word}}
        return {"payload": {"protocol": word, "field": self.take()}}

    def take_right(self) -> Any:
        """Take the values of a match: a set, the name of one, a list, or one value."""
        if self.peek() == "{":
            return {"set": self.take_set()}
        values = [self.take_value()]
        while self.peek() == ",":
            self.take()
            values.append(self.take_value())
        return values if len(values) > 1 else values[0]

    def take_value(self) -> Any:
        """Take one value, or several that are joined by dots."""
        parts = [self.take()]
        while self.peek() == ".":
            self.take()
            parts.append(self.take())
        return {"concat": parts} if len(parts) > 1 else parts[0]

    def take_set(self) -> list[Any]:
        """Take `{ 22, 80-90 }` or `{ 22 : accept, 80 : jump web }`."""
        self.take()
        elements: list[Any] = []
        while self.words and self.peek() != "}":
            elements.append(self.take_element())
        self.take()
        return elements

    def take_element(self) -> Any:
        """Take one element of a set with its comma; for a map, a pair."""
        value = self.take_value()
        while self.peek() in _ELEMENT_OPTIONS:
            self.is_timed = self.is_timed or self.peek() in {"timeout", "expires"}
            self.take_until({",", "}", ":"})
        verdict: dict[str, Any] | None = None
        if self.peek() == ":":
            self.take()
            word = self.take()
            verdict = {word: {"target": self.take()} if word in {"jump", "goto"} else None}
            self.take_until({",", "}"})
        if self.peek() == ",":
            self.take()
        return value if verdict is None else [value, verdict]
