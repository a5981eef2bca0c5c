"""Questions about the versions of a tree, and proof that it holds them whole. Reads only."""
