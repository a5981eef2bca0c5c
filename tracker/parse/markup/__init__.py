"""Markup and plain text as lines, tables and links that a person sees. Knows no vendor."""
