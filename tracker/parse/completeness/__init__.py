"""Checks that everything on a page that looks like a requirement is in an entry or finding."""
