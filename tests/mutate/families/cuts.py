"""Pages that end too early, at every step, and pages with a hole."""

from __future__ import annotations

from random import Random

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.layout import is_plain
from tests.mutate.oracle import NOTHING, Oracle, between, with_less
from tests.mutate.parts import entries_above, entries_beside


def cut(page: str, dice: Random, facts: Facts) -> Mutated:
    """The connection ends inside the page. Nothing of it is to be believed."""
    end = _end(page, dice)
    counted = not is_plain(page) and dice.random() < 0.5
    return Mutated(page[:end], f"cut at {end} of {len(page)}", NOTHING, counted)


def cut_bytes(page: str, dice: Random, facts: Facts) -> Mutated:
    """The same, without regard for letters of several bytes."""
    body = page.encode()
    end = max(1, int(len(body) * dice.random()))
    return Mutated(body[:end], f"cut at byte {end} of {len(body)}", NOTHING, counted=False)


def cut_and_closed(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The text ends early, and the server closes the page as if it were whole."""
    if is_plain(page):
        return None
    end = _end(page, dice)
    mutated = page[:end] + dice.choice(("</body></html>", "</td></tr></table></body></html>"))
    return Mutated(
        mutated, f"cut at {end} of {len(page)}, and closed", _before(page, end, facts)
    )


def text_cut_as_a_whole(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The text ends early, and its length says that this is all."""
    if not is_plain(page):
        return None
    end = _end(page, dice)
    mutated = page[:end]
    return Mutated(mutated, f"cut at {end}, length and all", _before(page, end, facts))


def hole(page: str, dice: Random, facts: Facts) -> Mutated:
    """Some lines in the middle are gone, in the tables or not."""
    lines = page.splitlines(keepends=True)
    size = dice.choice((1, 1, 2, 3, 5, 8, 20))
    at = dice.randrange(len(lines) - size)
    mutated = "".join(lines[:at] + lines[at + size :])
    start = sum(map(len, lines[:at]))
    end = start + sum(map(len, lines[at : at + size]))
    allowed = [*facts.entries, *with_less(facts.entries, page[start:end])]
    whole = entries_beside(page, start, end, facts)
    return Mutated(mutated, f"lines {at + 1} to {at + size} gone", between(whole, allowed))


def _end(page: str, dice: Random) -> int:
    """A place in one of a hundred equal steps."""
    return max(1, int(len(page) * (dice.randrange(100) + dice.random()) / 100))


def _before(page: str, end: int, facts: Facts) -> Oracle:
    """All of the regions above the cut, and what is read of the one that it goes through."""
    return between(entries_above(page, end, facts), facts.entries)


FAMILIES: Families = {
    "cut at every step": (cut, cut_bytes, cut_and_closed, text_cut_as_a_whole),
    "lines lost": (hole,),
}
