"""Code that several rule formats use: policy, ranges, groups, names, comments, deltas."""
