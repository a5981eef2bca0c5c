"""Azure Blob Storage: `az://bucket/prefix`."""

from tracker.store.places._bucket import open_place

__all__ = ["open_place"]
