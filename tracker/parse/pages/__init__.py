"""The pages of a source: the main one, those it links to, and what came instead of one."""
