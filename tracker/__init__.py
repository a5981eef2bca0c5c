"""Turns a vendor's page into published versions. Channels such as e-mail are elsewhere."""

__version__ = "0.2.0"
