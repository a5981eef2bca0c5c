"""Tables in every shape a page gives them: one module a shape, called by `find.py`."""
