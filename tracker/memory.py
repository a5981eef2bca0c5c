"""Memory that was freed, back to the system: a page of 100,000 rows leaves hundreds of MiB."""

from __future__ import annotations

import sys

_MUCH = 2**21  # characters of a page; below that nothing is worth the while


def give_back(read: int) -> None:
    """Hand back what a page of `read` characters took, where the C library can.

    glibc keeps freed memory that lies below anything still in use, as a parser's tree does,
    until it is asked (malloc_trim(3)). Other libraries have no such call, and need none.
    """
    if read >= _MUCH:
        give_all_back()


def give_all_back() -> None:
    """The same whatever was done."""
    if sys.platform != "linux":
        return
    import ctypes  # noqa: PLC0415  only for a huge page

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
