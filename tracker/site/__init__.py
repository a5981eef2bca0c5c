"""The page for people and the feed: what is stored, as HTML, SVG and Atom.

Pure: versions and words in, bytes out. The publisher writes some of it as files beside the rule
files (`static.py`); the HTTP service (`web/`) shows all of it.
"""
