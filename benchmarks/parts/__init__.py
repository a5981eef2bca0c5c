"""The parts to measure, one module each, with `TITLE`, `TAKES`, `NOTE` and `measure`."""
