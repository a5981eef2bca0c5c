"""Compare DNS with the page: find addresses that only one of them has.

`differences.py` compares, `state.py` counts; both are pure. `check.py` looks names up in
a check. Nothing of this reaches a rule file.
"""
