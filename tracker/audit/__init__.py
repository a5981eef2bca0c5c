"""Compare what a firewall lets through today with what the page documents.

`readers/` has one module for each kind of file; `compare.py` is the same for all of them.
Pure: text and versions in, findings out. The command opens the files.
"""
