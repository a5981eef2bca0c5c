"""The steps of one check beside its story in `tracker/pipeline.py`."""
