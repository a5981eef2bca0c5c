"""One module for each group of commands: options and output; the work is done elsewhere."""
