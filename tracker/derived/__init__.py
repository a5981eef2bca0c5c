"""What is derived from the versions: rule files, deltas, index, and whether they stand."""
