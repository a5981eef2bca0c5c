"""Finds held candidates: all that wait for a decision, or one by its digest."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.errors import UsageError
from tracker.store.records import Held
from tracker.store.tree import Tree

_SHORTEST_DIGEST = 8


def list_held(tree: Tree) -> list[Held]:
    """Return the candidates that wait for a decision, oldest first."""
    candidates = [tree.state(f"held/{name}", Held) for name in tree.states("held")]
    waiting = [held for held in candidates if held and not held.rejected]
    return sorted(waiting, key=lambda held: held.first_seen)


def has_held(tree: Tree, digest: str) -> bool:
    """Return whether a held candidate's digest starts with `digest`."""
    return len(digest) >= _SHORTEST_DIGEST and bool(_find_names(tree, digest))


def find_held(tree: Tree, digest: str) -> Held:
    """Return the held candidate whose digest starts with `digest`, even if it was rejected.

    Raises UsageError if there is none, or more than one.
    """
    names = _find_names(tree, digest)
    if len(digest) < _SHORTEST_DIGEST:
        raise UsageError(
            f'"{digest}" is too short for a digest: give at least {_SHORTEST_DIGEST}'
            " characters; see: fwtracker held"
        )
    if len(names) > 1:
        raise UsageError(f'several held candidates have a digest that starts with "{digest}"')
    held = tree.state(f"held/{names[0]}", Held) if names else None
    if held is None:
        raise explain_missing(digest, [tree])
    return held


def explain_missing(digest: str, trees: Iterable[Tree]) -> UsageError:
    """Return the error for a digest without a held candidate: it may be published already."""
    for tree in trees:
        for known, version in tree.digests().items():
            if known.startswith(digest):
                return UsageError(
                    "nothing is held with that digest: it is version"
                    f" {version} of {tree.source}"
                )
    return UsageError(
        f'no held candidate has a digest that starts with "{digest}"; see: fwtracker held'
    )


def _find_names(tree: Tree, digest: str) -> list[str]:
    return [name for name in tree.states("held") if name.startswith(digest)]
