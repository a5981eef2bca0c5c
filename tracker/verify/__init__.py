"""Try whether what the page documents can be reached from this machine, and what is in the way.

`plan.py` says what to try and is pure; `probe.py` tries it within limits. It connects only to
what the snapshot lists, or what the configuration names below one of its wildcards.
"""
