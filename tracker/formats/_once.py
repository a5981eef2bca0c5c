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

_KEPT = 10  # of two rule sets each: what is allowed, its bundles, the plan, what is expressed


def once(make: Callable[P, T]) -> Callable[P, T]:
    """The same function; what it gives is kept for a while, and must not be changed.

    Its arguments are rule sets, which are told apart by identity, and what is small to compare.
    """
    kept = update_wrapper(partial(_made, make), make)
    return cast("Callable[P, T]", kept)


@lru_cache(maxsize=_KEPT)
def _made(make: Callable[..., object], *of: object, **how: object) -> object:
    return make(*of, **how)
