"""One case asked of one format, and what is said of a promise that does not hold."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest

from tests.contract.cases import Case
from tests.contract.properties import models, prove, prove_delta
from tracker.formats import Format, RuleSet
from tracker.model import Entry

_MODELS = models()
_CUT = ("services", "hosts", "addresses", "components")


@dataclass(frozen=True)
class Broken:
    """A format, the seed of the case, what went wrong, and the least of the case that does."""

    name: str
    seed: int
    said: str
    least: Case

    def __str__(self) -> str:
        again = f"make rules-fuzz FORMATS={self.name} FIRST={self.seed} CASES=1"
        sides = ("before", self.least.before), ("after", self.least.after)
        lines = [f"  {side}: {of.name}, {of.lan}, {of.entries}" for side, of in sides]
        return "\n".join([f"{self.name}, seed {self.seed}: {self.said}", *lines, again])


def asked(fmt: Format, of: Case, *, delta: bool = True) -> Broken | None:
    """What of a format does not hold for a case, its delta included where that is wanted."""
    if not _said(fmt, of, delta):
        return None
    least = _least(of, lambda smaller: bool(_said(fmt, smaller, delta)))
    return Broken(fmt.name, of.seed, _said(fmt, least, delta), least)


def _said(fmt: Format, of: Case, delta: bool) -> str:
    """What is wrong, with the line that noticed; nothing where all is well."""
    try:
        prove(fmt, of.after)
        if delta:
            prove_delta(fmt, of.before, of.after, _MODELS.get(fmt.name))
    except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  whatever is thrown
        at = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(at.filename).name}:{at.lineno}: {at.line}"
        return f"{type(error).__name__} at {where} {error}".rstrip()
    return ""


def _least(of: Case, still: Callable[[Case], bool]) -> Case:
    """The case without what the failure does not need."""
    for smaller in _smaller(of):
        if still(smaller):
            return _least(smaller, still)
    return of


def _smaller(of: Case) -> Iterator[Case]:
    entries = dict.fromkeys((*of.before.entries, *of.after.entries))
    for entry in entries:
        for instead in (None, *_parts(entry)):
            yield replace(
                of,
                before=_with(of.before, entry, instead),
                after=_with(of.after, entry, instead),
            )


def _parts(entry: Entry) -> Iterator[Entry]:
    """The entry with one thing less."""
    for field in _CUT:
        values = getattr(entry, field)
        for at in range(len(values) if field != "services" or len(values) > 1 else 0):
            yield msgspec.structs.replace(entry, **{field: values[:at] + values[at + 1 :]})
    for field in ("resource", "purpose"):
        if getattr(entry, field):
            yield msgspec.structs.replace(entry, **{field: ""})


def _with(of: RuleSet, entry: Entry, instead: Entry | None) -> RuleSet:
    kept = (instead if each == entry else each for each in of.entries)
    return msgspec.structs.replace(of, entries=tuple(each for each in kept if each))
