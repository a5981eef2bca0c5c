"""Compare what a firewall allows today with what the page documents.

`readers/` has one module for each kind of file; `compare.py` is the same for all of them.
Pure: the input is text and versions, the result findings. The command opens the files.
"""
