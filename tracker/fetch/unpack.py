"""The body of a response, counted and unpacked in bounded chunks. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from tracker.errors import NotAPage, TooBig, Truncated

_CHUNK = 65536  # bytes unpacked at a time
_MOST_MEMBERS = 64
# Markup packs to about a tenth, rarely to a fiftieth; a bomb to a thousandth.
_RATIO, _RATIO_FROM = 100, 2**20


def unpack_body(
    url: str, chunks: Iterable[bytes], encoding: str, most_raw: int, most_decoded: int
) -> Iterator[bytes]:
    """Yield the bytes of a body, unpacked, while neither form passes its limit (in bytes).

    Raises TooBig, Truncated, or NotAPage for what cannot be unpacked.
    """
    if encoding not in {"identity", "gzip", "x-gzip", "deflate"}:
        raise NotAPage(f"{url}: encoded as {encoding[:40]}, which was not asked for")
    unpack = None if encoding == "identity" else _Unpacker()
    raw = decoded = 0
    for chunk in chunks:
        raw += len(chunk)
        if raw > most_raw:
            raise TooBig(f"{url}: more than {most_raw >> 20} MiB; a firewall page is smaller")
        for piece in unpack.feed(url, chunk) if unpack else (chunk,):
            decoded += len(piece)
            if decoded > most_decoded:
                raise TooBig(f"{url}: more than {most_decoded >> 20} MiB unpacked")
            if decoded > max(_RATIO_FROM, _RATIO * raw):
                raise TooBig(f"{url}: unpacked, it is more than {_RATIO} times its size")
            yield piece
    if unpack and not unpack.complete:
        raise Truncated(f"{url}: the compressed page ends early")


class _Unpacker:
    """gzip or deflate in bounded pieces (zlib's own `max_length`).

    gzip members may follow one another (RFC 1952, 2.2), and zeros may follow the last one;
    anything else behind the packed data is refused, since it may be the rest of the page.
    """

    def __init__(self) -> None:
        self._inflate = _new_inflater()
        self._members = 0  # that were begun

    def feed(self, url: str, chunk: bytes) -> Iterator[bytes]:
        """Yield the unpacked bytes of `chunk`, at most _CHUNK at a time. Raises NotAPage."""
        try:
            while chunk := self._packed_part(url, chunk):
                yield self._inflate.decompress(chunk, _CHUNK)
                chunk = self._inflate.unconsumed_tail or self._inflate.unused_data
        except zlib.error as error:
            raise NotAPage(f"{url}: broken compression: {error}") from None

    def _packed_part(self, url: str, chunk: bytes) -> bytes:
        """Return the packed data in `chunk`; begins a new member where the last one ended."""
        if self._inflate.eof:
            chunk = chunk.lstrip(b"\0")
        if chunk and (self._inflate.eof or not self._members):
            self._inflate = _new_inflater()
            self._members += 1
            if self._members > _MOST_MEMBERS:
                raise NotAPage(f"{url}: compressed in more than {_MOST_MEMBERS} parts")
        return chunk

    @property
    def complete(self) -> bool:
        """Return whether the packed data has shown its end."""
        return not self._members or self._inflate.eof


def _new_inflater() -> zlib._Decompress:
    return zlib.decompressobj(47)  # 32 + 15: a zlib or gzip header, told apart by zlib itself
