"""What `fwtracker serve` does between answers over HTTP, which are in `tracker.web`."""
