"""Everything derived from versions: rule files, deltas, feeds, indexes and the manifest."""
