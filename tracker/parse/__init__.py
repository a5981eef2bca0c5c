"""Turns the text of a page into entries: markup, tables, rows, cells, completeness. Pure."""
