"""Queries about the versions of a tree, and the verification of its files. Reads only."""
