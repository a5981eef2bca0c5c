"""Damaged pages, and what may be published of each: `python -m tests.mutate`.

A mutation takes a sample page apart and says itself, from the facts that the page was made
of, what a careful person would still read on it. It never asks the reader.
"""
