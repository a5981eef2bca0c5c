"""Compare DNS with the page: addresses that one of them has and the other does not.

`differences.py` compares and counts, and is pure; `check.py` looks up and is the part of a
check. Nothing of this reaches a rule file.
"""
