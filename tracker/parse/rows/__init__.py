"""From the tables of a page to rows: regions, resources beside their rows, and doubts."""
