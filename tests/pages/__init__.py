"""Sample pages of the first source: the same facts, rendered in many markups.

Here is only what others use. Facts live in `gen1.py` to `gen5.py`, in the words of
`facts.py` and `cells.py`; each markup is one file of `markups/`; `build.py` writes the
static pages that ship with the package. Nothing here reads a page.

The facts are typed by hand next to the text that is printed, never parsed from it, so
that a test of a reader does not repeat the reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .expect import expected
from .facts import Generation
from .gen1 import GENERATION as GEN1
from .gen2 import GENERATION as GEN2
from .gen3 import GENERATION as GEN3
from .gen4 import GENERATION as GEN4
from .gen5 import GENERATION as GEN5
from .markups import (
    accordion,
    apart,
    aria,
    bare,
    boxes,
    cards,
    definitions,
    markdown,
    one_row,
    region_column,
    region_rows,
    stacks,
    table_blanks,
    table_spans,
    tabs,
    text,
    text_rows,
)
from .markups.index import index_pages

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["GENERATIONS", "MARKUPS", "Generation", "expected", "index_pages"]

GENERATIONS: Final[dict[str, Generation]] = {
    generation.name: generation for generation in (GEN1, GEN2, GEN3, GEN4, GEN5)
}

# Each renders a whole generation as one page. The index shape is several pages and so
# has a function of its own: `index_pages(generation)`, path -> page.
MARKUPS: Final[dict[str, Callable[[Generation], str]]] = {
    "table-spans": table_spans.render,
    "table-blanks": table_blanks.render,
    "stacks": stacks.render,
    "bare": bare.render,
    "one-row": one_row.render,
    "text": text.render,
    "aria": aria.render,
    "boxes": boxes.render,
    "apart": apart.render,
    "cards": cards.render,
    "definitions": definitions.render,
    "region-rows": region_rows.render,
    "region-column": region_column.render,
    "tabs": tabs.render,
    "accordion": accordion.render,
    "text-rows": text_rows.render,
    "markdown": markdown.render,
}
