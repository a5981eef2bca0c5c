"""The output for people and feed readers: HTML and SVG pages and an Atom feed, from templates.

Modules here turn versions into values, and the files in `templates/` turn values into markup.
The publisher writes some pages as files next to the rule files (`static.py`); the HTTP service
(`web/`) serves all of them.
"""
