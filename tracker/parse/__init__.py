"""From the bytes of a page to its entries: markup, tables, rows, cells, completeness. Pure."""
