"""From the rows of a table to entries, each with its region."""
