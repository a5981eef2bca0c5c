"""A diagnosis of one thing, and the checks that several parts share."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Self

import msgspec

from tracker.config import load_secret
from tracker.errors import FwtrackerError

Verdict = Literal["good", "warning", "bad"]

_OTHERS = stat.S_IRGRP | stat.S_IROTH | stat.S_IWGRP | stat.S_IWOTH


class Diagnosis(msgspec.Struct, frozen=True):
    """The state of one thing, `about`, and the advice if it is not good."""

    about: str
    verdict: Verdict
    text: str
    advice: str = ""

    @classmethod
    def good(cls, about: str, text: str) -> Self:
        """Return a diagnosis that needs no action."""
        return cls(about, "good", text)

    @classmethod
    def warning(cls, about: str, text: str, advice: str) -> Self:
        """Return a diagnosis of a thing that works, but should be looked at."""
        return cls(about, "warning", text, advice)

    @classmethod
    def bad(cls, about: str, text: str, advice: str = "") -> Self:
        """Return a diagnosis of a thing that fails; our own errors already contain advice."""
        return cls(about, "bad", text, advice)


def catch_errors(about: str, found: Iterator[Diagnosis]) -> Iterator[Diagnosis]:
    """Yield the diagnoses, and one of our errors as a last diagnosis."""
    try:
        yield from found
    except FwtrackerError as error:
        yield Diagnosis.bad(about, str(error))


def check_secret(about: str, env: str | None, file: str | None) -> Iterator[Diagnosis]:
    """Check that a secret is available, and that others cannot read its file."""
    try:
        load_secret(env, file, about)
    except FwtrackerError as error:
        yield Diagnosis.bad(about, str(error))
    else:
        yield Diagnosis.good(about, f"is in {env or file}")
    if file:
        yield from check_file_mode(about, Path(file))


def check_file_mode(about: str, file: Path) -> Iterator[Diagnosis]:
    """Warn of a secret file that others can read or change."""
    try:
        mode = file.expanduser().stat().st_mode
    except (OSError, RuntimeError):
        return  # a diagnosis before says so
    if mode & _OTHERS:
        text = f"{file} holds a secret and others can read or change it"
        yield Diagnosis.warning(about, text, f"chmod 600 {file}")
