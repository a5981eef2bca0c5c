"""Writes the sample pages that ship with the package: `python -m tests.pages.build`.

Which markup is written for which generation is decided here; how it looks is not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from . import GENERATIONS, MARKUPS, index_pages

SAMPLES: Final = Path(__file__).resolve().parents[2] / "tracker" / "samples"
# Since then the page is an index, with one page per region.
INDEXED: Final = ("2026-02",)
TEXTS: Final = ("text", "text-rows", "markdown")


def files() -> dict[str, str]:
    """Every sample: path below the samples' folder -> content."""
    found: dict[str, str] = {}
    for name, generation in GENERATIONS.items():
        if name in INDEXED:
            pages = index_pages(generation)
        else:
            pages = {_file(m): render(generation) for m, render in MARKUPS.items()}
        found |= {f"{name}/{path}": page for path, page in pages.items()}
    return found


def write(folder: Path = SAMPLES) -> list[Path]:
    """Write every sample, and say where."""
    written = []
    for path, content in files().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode())
        written.append(target)
    return written


def _file(markup: str) -> str:
    return f"{markup}.txt" if markup in TEXTS else f"{markup}.html"


if __name__ == "__main__":
    print(f"{len(write())} sample pages written to {SAMPLES}")
