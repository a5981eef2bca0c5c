"""Places for a store other than a folder: each module has `SCHEMES` and `open_place`."""
