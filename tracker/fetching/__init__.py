"""What a fetch is made of, for `tracker.fetch`: addresses, connections, answers, their text."""
