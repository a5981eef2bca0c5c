"""What is made of a rule set is made once for all who ask for it one after the other.

Writing a file, proving it and its deltas ask the same. The places are few and all formats
share them: of a page with many entries, what one format needs is much, and the next needs
other things.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial, update_wrapper
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

_clear: list[Callable[[], None]] = []
_KEPT = 10  # of two rule sets each: what is allowed, its bundles, the plan, what is expressed


def forget() -> None:
    """Keep nothing of what was made so far: of many entries it is much."""
    _made.cache_clear()
    for clear in _clear:
        clear()


def kept(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """The same with places of its own, for what many formats ask for."""

    def remembering(make: Callable[P, T]) -> Callable[P, T]:
        cached = lru_cache(maxsize=most)(make)
        _clear.append(cached.cache_clear)
        return cast("Callable[P, T]", cached)

    return remembering


def once(make: Callable[P, T]) -> Callable[P, T]:
    """The same function; what it gives is kept for a while, and must not be changed.

    Its arguments are rule sets, which are told apart by identity, and what is small to compare.
    """
    asked = update_wrapper(partial(_made, make), make)
    return cast("Callable[P, T]", asked)


@lru_cache(maxsize=_KEPT)
def _made(make: Callable[..., object], *of: object, **how: object) -> object:
    return make(*of, **how)
