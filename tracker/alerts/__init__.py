"""Decides which channel is alerted of what and when, and records delivery; `notifiers` send."""
