"""Fetching pages over HTTP: address policy, limits, decoding."""
