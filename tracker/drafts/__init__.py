"""A first definition for a page or a feed that nobody has described yet."""
