"""Readers for the shapes that tables have on pages: one module per shape, used by `find.py`."""
