"""What is measured, a part a module: all of one has `TITLE`, `TAKES`, `NOTE` and `measured`."""
