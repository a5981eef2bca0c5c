"""The candidates that wait for a decision: all of them, or one by its digest."""

from __future__ import annotations

from tracker.errors import UsageError
from tracker.store.tree import Held, Tree

_SHORTEST_DIGEST = 8


def list_held(tree: Tree) -> list[Held]:
    """Return the candidates that wait for a decision, oldest first."""
    candidates = [tree.state(f"held/{name}", Held) for name in tree.states("held")]
    waiting = [held for held in candidates if held and not held.rejected]
    return sorted(waiting, key=lambda held: held.first_seen)


def find_held(tree: Tree, digest: str) -> Held:
    """Return the held candidate whose digest starts so.

    Raises UsageError where there is none, or several.
    """
    names = [name for name in tree.states("held") if name.startswith(digest)]
    if len(digest) < _SHORTEST_DIGEST or len(names) != 1:
        raise UsageError(
            f'no single held candidate has a digest that starts with "{digest}" (give at least'
            f" {_SHORTEST_DIGEST} characters); see: fwtracker held"
        )
    held = tree.state(f"held/{names[0]}", Held)
    assert held is not None  # noqa: S101  it was listed
    return held
