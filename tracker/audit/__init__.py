"""What a firewall lets through today, held against what the page documents.

`readers/` has one module for each kind of dump; `compare.py` is the same for all of them.
Pure: text and versions in, findings out. Files are opened by the command.
"""
