"""Checks that all that looks like a requirement on a page is in an entry or in a finding."""
