"""The page for people and the feed: what is stored, as HTML, SVG and Atom.

Pure: versions and words in, bytes out; no clock, no network, nothing of the server. The
publisher writes some of it as files beside the rule files (`static.py`), the server shows all
of it (`tracker/web/`).
"""
