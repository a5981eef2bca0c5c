"""Markup of any shape to grids: one file a shape, all of them called by `find.py`.

Knows the usual words of firewall tables, and no vendor.
"""
