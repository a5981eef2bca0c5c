"""Write the schema files again: `python -m tracker.schema`."""

from tracker.schema.build import write_schemas

write_schemas()
