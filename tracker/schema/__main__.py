"""Write the schema files anew: `python -m tracker.schema`."""

from tracker.schema import write

write()
