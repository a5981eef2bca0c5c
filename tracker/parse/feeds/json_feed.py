"""Reads JSON feeds: items and their fields by JSONPath, and the values outside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.errors import Unreadable, UsageError
from tracker.parse.feeds.account import (
    DESCRIBING,
    IN_KEY,
    Account,
    FeedReading,
    Item,
    build_item,
    count_in_words,
    list_values_in,
    quote_list,
)
from tracker.parse.feeds.json_tree import (
    Node,
    Place,
    compile_path,
    describe_kind,
    find_filtered,
    find_key,
    find_nodes,
    find_overlap,
    is_within,
    iter_children,
    iter_texts,
    load_json,
    spell_list,
    spell_place,
)
from tracker.parse.vocabulary import Field
from tracker.sources.definition import Definition, TextList, as_texts
from tracker.text import clean

_NUMBERS: frozenset[Field] = frozenset({"ports", "tcp_ports", "udp_ports", "label"})


def check_paths(definition: Definition, where: str) -> None:
    """Raise UsageError, with the key, for a path that is not JSONPath."""
    keys: dict[str, TextList] = {
        "items": definition.items,
        "select": definition.select,
        "exclude": definition.exclude,
        **{f"fields.{role}": paths for role, paths in definition.fields.items()},
    }
    for key, paths in keys.items():
        for path in as_texts(paths):
            compile_path(path, f"{where} {key}")
    if definition.fields and "resource" not in definition.fields:
        raise UsageError(f"{where} fields: say by a path which value is the resource")


class JsonFeed:
    """Reads the rows of a JSON feed, and records the places that are accounted for."""

    def __init__(self, text: str, definition: Definition, where: str) -> None:
        self._definition, self._where = definition, where
        self._root = Node((), load_json(text, where))
        self._account = Account(where)
        self._taken: set[Place] = set()
        self._excluded: dict[Place, Node] = {}
        self._selected: dict[Place, Node] = {}

    def read(self) -> FeedReading:
        """Return the reading. Raises Unreadable and NothingRead."""
        self._select()
        nodes = self._find_items()
        items = [item for node in nodes if (item := self._read_item(node))]
        for node in self._excluded.values():
            self._account.remove(found.text for found in iter_texts(node))
        self._account_for(self._list_left_out(nodes))
        return self._account.finish(items)

    def _select(self) -> None:
        """Find the nodes of `select`, by default the whole feed, and those of `exclude`."""
        for path in as_texts(self._definition.select) or ("$",):
            found = self._find(path, "select")
            if not found:
                raise self._describe_no_match(path, "select")
            self._selected |= {node.place: node for node in found}
        for path in as_texts(self._definition.exclude):
            found = self._find(path, "exclude")
            self._excluded |= {node.place: node for node in found}
            if not found:
                self._account.report("rule-without-match", f"exclude: nothing is at {path}")

    def _find_items(self) -> list[Node]:
        """Return the selected items that are not excluded. Raises Unreadable for duplicates."""
        nodes: list[Node] = []
        for path in as_texts(self._definition.items):
            found = self._find(path, "items")
            if not found:
                raise self._describe_no_match(path, "items")
            nodes += found
        if twice := find_overlap([node.place for node in nodes]):
            raise Unreadable(f"{self._where}: `items` takes {spell_place(twice)} twice")
        return [
            node
            for node in nodes
            if is_within(node.place, self._selected)
            and not is_within(node.place, self._excluded)
        ]

    def _find(self, path: str, key: str, start: Node | None = None) -> list[Node]:
        compiled = compile_path(path, f"{self._where}: {key}")
        return find_nodes(compiled, start or self._root, self._where)

    def _describe_no_match(self, path: str, key: str) -> Unreadable:
        value = self._root.value
        keys = quote_list(value) if isinstance(value, dict) else ""
        content = f"the keys {keys}" if keys else count_in_words(len(value), "item")
        return Unreadable(
            f"{self._where}: {key}: nothing is at {clean(path)}; the feed is empty or has"
            f" another form, with {content}"
        )

    def _read_item(self, node: Node) -> Item | None:
        """Return one item; None if its resource is excluded. Raises Unreadable."""
        place = spell_place(node.place)
        where = f"{self._where}, {clean(place)}"
        leaves = self._find_leaves(node, where)
        self._excluded |= {leaf.place: leaf for leaf in leaves.pop("ignore", ())}
        kept = {role: [*filter(self._take, found)] for role, found in leaves.items()}
        if leaves["resource"] and not kept["resource"]:
            return None
        texts: dict[Field, list[str]] = {
            role: [self._read_text(leaf, role, where) for leaf in found]
            for role, found in kept.items()
        }
        for role in DESCRIBING & kept.keys():
            for leaf, text in zip(kept[role], texts[role], strict=True):
                self._account.add(text, spell_list(leaf.place))
        if not self._definition.fields and (key := find_key(node.place)):
            texts["label"] = [str(key[-1])]
        return build_item(texts, place, self._where)

    def _find_leaves(self, node: Node, where: str) -> dict[Field, list[Node]]:
        """Return the values of an item by role; without `fields`, all are its resource."""
        if not self._definition.fields:
            if isinstance(node.value, dict):
                raise Unreadable(f"{where}: an object; say by `fields` what its resource is")
            return {"resource": list(_iter_leaves(node))}
        if not isinstance(node.value, dict | list):
            kind = describe_kind(node.value)
            raise Unreadable(f"{where}: {kind}, but `fields` are those of an object")
        return {
            role: [
                leaf
                for path in as_texts(paths)
                for found in self._find(path, f"fields.{role}", node)
                for leaf in _iter_leaves(found)
            ]
            for role, paths in self._definition.fields.items()
        }

    def _take(self, leaf: Node) -> bool:
        """Record that a row has a value, unless it is excluded; return whether it was."""
        is_taken = not is_within(leaf.place, self._excluded)
        if is_taken:
            self._taken.add(leaf.place)
        return is_taken

    def _read_text(self, leaf: Node, role: Field, where: str) -> str:
        value = leaf.value
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            if role == "requirement":
                return "true" if value else "false"
        elif isinstance(value, int) and role in _NUMBERS:
            return str(value)
        raise Unreadable(
            f"{where}: `{role}` is {describe_kind(value)}, not a text, at"
            f" {clean(spell_place(leaf.place))}"
        )

    def _list_left_out(self, nodes: Sequence[Node]) -> set[Place]:
        """Return the places that the filters of `items` omit, and report their number."""
        left_out, chosen = set[Place](), set[Place]()
        for path in as_texts(self._definition.items):
            compiled = compile_path(path, f"{self._where}: items")
            offered, found = find_filtered(compiled, self._root, self._where)
            left_out |= offered
            chosen |= found
        # A place that contains an item of another path is not omitted.
        chosen.update(node.place[:end] for node in nodes for end in range(len(node.place) + 1))
        left_out -= chosen | self._excluded.keys()
        if left_out:
            count = count_in_words(len(left_out), "item")
            self._account.report(
                "items-not-selected", f"the filter of `items` passes over {count}"
            )
        return left_out

    def _account_for(self, left_out: set[Place]) -> None:
        """Record all values that are in no row."""
        done = self._taken | left_out | self._excluded.keys()
        for node in self._selected.values():
            if not is_within(node.place, self._excluded):
                for place, text, is_key in iter_texts(node, done):
                    self._account.add(text, IN_KEY if is_key else spell_list(place))
        if self._definition.select:
            outside = iter_texts(self._root, self._selected)
            if count := sum(bool(list_values_in(found.text)) for found in outside):
                values = count_in_words(count, "value")
                self._account.report("items-not-selected", f"{values} outside of `select`")


def _iter_leaves(node: Node) -> Iterator[Node]:
    """Yield a value, or the values of a list, without nulls."""
    for leaf in iter_children(node) if isinstance(node.value, list) else (node,):
        if leaf.value is not None:
            yield leaf
