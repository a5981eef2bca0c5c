"""Whether what the page documents can be reached from this machine, and what is in the way.

`plan.py` says what to try and is pure; `probe.py` tries one address and port; `run.py` tries
all of them within limits. Nothing is dialled that the snapshot does not list, or that the
configuration does not name below one of its wildcards.
"""
