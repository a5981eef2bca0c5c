"""Fetches pages over HTTP: address policy, limits, decoding."""
