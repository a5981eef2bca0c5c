"""Two generations of the sample page, padded to the size of a real one."""

from __future__ import annotations

from pathlib import Path

SAMPLES = Path(__file__).parent.parent / "tracker" / "samples"
# The later one only adds addresses, and so few that going back is not held either.
GENERATIONS = ("2024-04/stacks.html", "2024-11/stacks.html")
SIZE = 60 * 1024


def generations() -> tuple[bytes, ...]:
    """Return both pages, each of about SIZE bytes, most of them markup as themes add it."""
    return tuple(_padded((SAMPLES / name).read_text("utf-8")) for name in GENERATIONS)


def _padded(page: str) -> bytes:
    half = (SIZE - len(page)) // 2
    head = f"<style>\n{_filled(_STYLE, half)}</style>\n</head>"
    foot = f'<nav class="sitemap"><ul>\n{_filled(_LINK, half)}</ul></nav>\n</body>'
    return page.replace("</head>", head, 1).replace("</body>", foot, 1).encode()


def _filled(piece: str, size: int) -> str:
    count = max(size // len(piece), 0)
    return "".join(piece.replace("@", f"{number:03}") for number in range(count))


_STYLE = (
    ".wp-block-column-@ > .is-layout-flow{margin-block:1.25em;padding:0 2rem;"
    "color:var(--wp--preset--color--contrast)}\n"
)
_LINK = (
    '<li class="menu-item menu-item-type-post_type menu-item-@">'
    '<a href="https://www.example.com/guides/topic-@/">Guide to topic @</a></li>\n'
)
