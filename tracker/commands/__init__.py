"""One module a group of commands: what is asked for, and what is shown. No work of its own."""
