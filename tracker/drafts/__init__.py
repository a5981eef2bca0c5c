"""A first definition for a page or a feed that has no definition yet."""
