"""Turn markup and plain text into the lines, tables and links that a person sees."""
