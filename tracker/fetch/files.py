"""Pages in files, by file: URLs: to try a definition on a page that was saved.

`file:///home/ann/page.html` is a path from the root, `file:page.html` one from the folder that
fwtracker runs in. Only what an operator named is read; nothing on a page leads to a file.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from tracker.errors import Refused, TooBig
from tracker.text import clean

_TYPES = {
    ".html": "text/html",
    ".htm": "text/html",
    ".json": "application/json",
    ".csv": "text/csv",
}


def is_file_url(text: str) -> bool:
    """Return whether a URL is that of a file."""
    return text[:5].lower() == "file:"


def read_file_url(url: str, most: int) -> tuple[bytes, str | None]:
    """Return a file's bytes and its content type, as far as its name tells.

    Raises Refused for what cannot be read, TooBig for more than `most` bytes.
    """
    path = _parse_path(url)
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise Refused(f"{clean(url)}: cannot be read: it is not a file")
        with path.open("rb") as file:
            body = file.read(most + 1)
    except OSError as error:
        where = "" if path.is_absolute() else f"; it was looked for in {Path.cwd()}"
        raise Refused(f"{clean(url)}: cannot be read: {error.strerror}{where}") from None
    if len(body) > most:
        raise TooBig(f"{clean(url)}: more than {most >> 20} MiB")
    return body, _TYPES.get(path.suffix.lower())


def _parse_path(url: str) -> Path:
    """Return the path of a file: URL. Raises Refused."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Refused(f"{clean(url)}: not a valid file URL") from None
    path = unquote(parts.path)
    if parts.netloc not in {"", "localhost"} or parts.query or parts.fragment:
        raise Refused(
            f"{clean(url)}: not a valid file URL; write file:///folder/page.html, or"
            " file:page.html for the folder that fwtracker runs in, and %23 and %3F for # and ?"
        )
    if not path or "\0" in path:
        raise Refused(f"{clean(url)}: names no file")
    return Path(path)
