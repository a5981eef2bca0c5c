"""What lies in `added/` is not of this project: a test adds it to a copy."""

collect_ignore = ["added"]
