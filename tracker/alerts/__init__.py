"""Decide who is alerted of what and when, and record that it arrived. `notifiers` send."""
