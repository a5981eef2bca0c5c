"""A file that a command writes at its end, known from its beginning to be writable."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from tracker.errors import UsageError


class OutputFile:
    """A file to be written once, whole; a reader sees the old text or the new one.

    Raises UsageError at once where the file cannot be written. One that is not a regular file,
    or in a folder that takes no other, is written in place.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._require_writable()

    def _require_writable(self) -> None:
        was_there = self._path.exists()
        if was_there and not self._path.is_file() and os.access(self._path, os.W_OK):
            return  # to open a pipe would wait for its reader
        try:
            with self._path.open("ab"):
                pass
            if not was_there:
                self._path.unlink()
        except OSError as error:
            raise self._failure(error) from None

    def write(self, text: str) -> None:
        """Write the text. Raises UsageError, and leaves what was there where it can."""
        try:
            beside = self._create_beside()
            if beside is None:
                self._path.write_text(text, "utf-8")
            else:
                self._replace_by(beside, text)
        except OSError as error:
            raise self._failure(error) from None

    def _create_beside(self) -> tuple[int, str] | None:
        """Return a new file in the same folder; None where it cannot take its place."""
        if self._path.is_symlink() or (self._path.exists() and not self._path.is_file()):
            return None
        try:
            return tempfile.mkstemp(prefix=f".{self._path.name}.", dir=self._path.parent)
        except OSError:
            return None

    def _replace_by(self, beside: tuple[int, str], text: str) -> None:
        handle, name = beside
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).chmod(0o644)  # node_exporter reads it as another user
            Path(name).replace(self._path)
        except OSError:
            with suppress(OSError):
                Path(name).unlink()
            raise

    def _failure(self, error: OSError) -> UsageError:
        return UsageError(f"{self._path}: cannot be written: {error.strerror}")
