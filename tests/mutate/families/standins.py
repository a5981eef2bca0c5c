"""Pages that come in place of the one asked for, and marks of them on a page that is whole."""

from __future__ import annotations

from random import Random

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.layout import is_plain
from tests.mutate.oracle import NOTHING, exactly
from tests.mutate.standin_pages import OVERLAYS, PAGES
from tests.pages.chrome import page as in_the_frame


def instead(page: str, dice: Random, facts: Facts) -> Mutated:
    """Another page, in place of this one."""
    name, text = dice.choice(list(PAGES.items()))
    return Mutated(_filled(text, dice), name, NOTHING)


def instead_in_the_frame(page: str, dice: Random, facts: Facts) -> Mutated:
    """Another page's words in the frame of this one, with its menus and footer."""
    name, text = dice.choice(list(PAGES.items()))
    body = _filled(text, dice).partition("<body>")[2].partition("</body>")[0]
    return Mutated(in_the_frame(facts.generation, body), f"{name}, in the frame", NOTHING)


def laid_over(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The whole page, with something over it that also stands on other pages."""
    if is_plain(page):
        return None
    more = dice.choice(OVERLAYS)
    mark = dice.choice(('<main id="content"', "</article>", '<footer class="site-footer">'))
    mutated = page.replace(mark, more + mark)
    return Mutated(mutated, f"{more[:60]!r} before {mark!r}", exactly(facts.entries))


def _filled(text: str, dice: Random) -> str:
    ip = ".".join(str(dice.randrange(1, 255)) for _ in range(4))
    return text.format(ip=ip, id=f"{dice.getrandbits(64):016x}")


FAMILIES: Families = {"stand-in pages": (instead, instead, instead_in_the_frame, laid_over)}
