"""Checks the CSS selectors and feed paths of a definition before a page is read."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.errors import UsageError
from tracker.sources.definition import Definition, as_texts


def check_selectors(definition: Definition, where: str) -> None:
    """Check each selector and path. Raises UsageError with place, key and reason.

    `where` is the place of the definition: "config/fwtracker.toml: [sources.chime]".
    """
    for key, selector in _iter_selectors(definition) if not definition.is_feed else ():
        if reason := _find_fault(selector):
            raise UsageError(f'{where} {key}: "{selector}" is not a CSS selector: {reason}')
    if definition.is_feed:  # here `exclude` is a path, too
        from tracker.parse.feeds import check_feed  # noqa: PLC0415  pages need none of it

        check_feed(definition, where)


def _find_fault(selector: str) -> str:
    """Return why this is not a CSS selector; "" if it is one."""
    import soupsieve  # noqa: PLC0415  slow to import
    from soupsieve.util import SelectorSyntaxError  # noqa: PLC0415

    try:
        soupsieve.compile(selector)
    except SelectorSyntaxError as error:
        reason = str(error).partition("\n")[0]
        return (reason[:1].lower() + reason[1:]).rstrip(".")
    except RecursionError:
        return "it is nested too deeply"
    return ""


def _iter_selectors(definition: Definition) -> Iterator[tuple[str, str]]:
    """Yield each CSS selector with its key."""
    for key, value in (("select", definition.select), ("exclude", definition.exclude)):
        yield from ((key, selector) for selector in as_texts(value))
    numbered = (
        *((f"tables[{number}].css", rule.css) for number, rule in enumerate(definition.tables)),
        *((f"lists[{number}].css", rule.css) for number, rule in enumerate(definition.lists)),
    )
    yield from ((key, selector) for key, selector in numbered if selector is not None)
