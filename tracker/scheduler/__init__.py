"""The work of `fwtracker serve` apart from HTTP: scheduled checks, retries, leadership."""
