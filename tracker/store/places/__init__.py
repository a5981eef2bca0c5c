"""Where a store can be besides a folder: a module with `SCHEMES` and `open_place` each."""
