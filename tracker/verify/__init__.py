"""Test whether the documented endpoints are reachable from this machine, and what blocks them.

`plan.py` decides what to try and is pure; `probe.py` tries it within limits. It connects only
to targets of the snapshot, or to hosts that the configuration lists below their wildcards.
"""
