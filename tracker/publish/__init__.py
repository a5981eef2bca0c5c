"""Everything derived from versions: rule files, deltas, feeds, indexes, the manifest."""
