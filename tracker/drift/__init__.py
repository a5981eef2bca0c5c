"""DNS held against the page: addresses that one of them has and the other has not.

`sightings.py` compares and counts, and is pure; `lookup.py` alone knows dnspython; `step.py` is
the part of a check. Nothing of this ever reaches a rule file.
"""
