"""What `fwtracker serve` does besides answering HTTP: scheduled checks, retries, leadership."""
