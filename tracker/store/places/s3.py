"""Amazon S3, and what speaks its protocol: `s3://bucket/prefix`."""

from tracker.store.places._bucket import open_place

__all__ = ["open_place"]
