"""Sample pages of the first source: the same facts, rendered in many markups.

Here is only what others use. Facts live in `gen1.py` to `gen5.py`, in the words of
`facts.py` and `cells.py`; each markup is one file of `markups/`, each site builder one of
`builders/`; `build.py` writes the static pages that ship with the package. Nothing here reads
a page.

The facts are typed by hand next to the text that is printed, never parsed from it, so
that a test of a reader does not repeat the reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .builders import (
    bootstrap,
    confluence,
    datatables,
    divi,
    docfx,
    docusaurus,
    elementor,
    elementor_phones,
    google_docs,
    mkdocs,
    radio,
    sphinx,
    tablepress,
    word,
    wp_block,
)
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

    from .builders.common import Builder

__all__ = ["BUILDERS", "GENERATIONS", "MARKUPS", "Generation", "expected", "index_pages"]

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

# Each renders a whole generation as one page, or as an index with a page for each region.
BUILDERS: Final[dict[str, Builder]] = {
    "divi-columns": divi.COLUMN_MODULES,
    "divi-toggles": divi.TOGGLES,
    "divi-tabs": divi.TABS,
    "elementor-tabs": elementor.TABS,
    "elementor-accordion": elementor.ACCORDION,
    "elementor-toggle": elementor.TOGGLE,
    "elementor-phones": elementor_phones.TWICE,
    "elementor-nested-tabs": elementor.NESTED_TABS,
    "elementor-nested-accordion": elementor.NESTED_ACCORDION,
    "tablepress": tablepress.TABLES,
    "datatables": datatables.WIDE,
    "datatables-child-rows": datatables.NARROW,
    "wp-block-captions": wp_block.CAPTIONS,
    "wp-block-headings": wp_block.HEADINGS,
    "sphinx-sections": sphinx.SECTIONS,
    "sphinx-captions": sphinx.CAPTIONS,
    "docfx": docfx.ARTICLE,
    "docfx-tabs": docfx.TABS,
    "mkdocs-tabs": mkdocs.TABS,
    "mkdocs-headings": mkdocs.HEADINGS,
    "docusaurus-tabs": docusaurus.TABS,
    "docusaurus-headings": docusaurus.HEADINGS,
    "word": word.TABLES,
    "google-docs": google_docs.TABLES,
    "confluence": confluence.HEADINGS,
    "confluence-expand": confluence.EXPANDERS,
    "bootstrap-tabs": bootstrap.TABS,
    "bootstrap-accordion": bootstrap.ACCORDION,
    "radio-tabs": radio.TABS,
}
