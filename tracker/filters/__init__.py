"""Selects entries by the filters and regions of the configuration."""
