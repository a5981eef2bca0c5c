"""What reading is made of, for `tracker.read`: rows, regions, the account of every value."""
