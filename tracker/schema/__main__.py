"""Write the schema files again: `python -m tracker.schema`."""

from tracker.schema import write_schemas

write_schemas()
