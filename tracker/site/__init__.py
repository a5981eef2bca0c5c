"""What people and feed readers see: pages of HTML and SVG, and an Atom feed, from templates.

Modules here turn versions into values, and the files in `templates/` turn those into markup.
The publisher writes some of it as files beside the rule files (`static.py`); the HTTP service
(`web/`) shows all of it.
"""
