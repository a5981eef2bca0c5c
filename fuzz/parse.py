"""Fuzzing of what reads a page, guided by coverage: `make fuzz`, or `make fuzz SECONDS=600`.

Bytes in; entries or an error with a name of ours out. Anything else stops the run and leaves
the input beside the notes. What was slowest and what grew the process most is noted too.
"""  # noqa: INP001  a script, and no package

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tracker"]):
    from tracker.errors import FwtrackerError, NothingRead
    from tracker.fetch.decode import decode
    from tracker.parse.markup import html as _html  # noqa: F401  loaded late otherwise,
    from tracker.parse.markup import plain_text as _plain  # noqa: F401  and without instruments
    from tracker.parse.pages.error_pages import classify_page
    from tracker.parse.read import parse_page, read_pages
    from tracker.sources import load_source

URL = "https://www.example.org/documentation/firewall-configuration/"
NOTES = Path("build/fuzz")
SOURCE = load_source("action1")


class Notes:
    """The slowest input, and the one that made the process grow most."""

    def __init__(self) -> None:
        self.most = {"milliseconds": 0.0, "mebibytes": 0.0}
        self.inputs = 0

    def add(self, name: str, value: float, data: bytes) -> None:
        """Keep the input where it is worse than all before it."""
        if value > self.most[name]:
            self.most[name] = value
            (NOTES / f"most-{name}").write_bytes(data)
            self.write()

    def write(self) -> None:
        """Now, because nothing is called when the run ends."""
        facts = {**self.most, "inputs": self.inputs, "peak_mebibytes": _peak()}
        (NOTES / "notes.json").write_text(json.dumps(facts))


def parse(data: bytes) -> None:
    """From bytes to entries, as a check does it."""
    try:
        text = decode(data, None, URL)
        try:
            read_pages([parse_page(URL, text)], SOURCE)
        except NothingRead:
            classify_page(text, URL)
    except FwtrackerError as error:
        if error.name == FwtrackerError.name or "\n" in str(error):
            raise AssertionError(
                f"a refusal without a name, or of several lines: {error}"
            ) from error


def one_input(data: bytes) -> None:
    """What the fuzzer calls."""
    before, start = _peak(), time.process_time()
    parse(data)
    took = (time.process_time() - start) * 1000
    NOTED.inputs += 1
    if NOTED.inputs > 1:  # the first one loads the parser
        NOTED.add("milliseconds", took, data)
        NOTED.add("mebibytes", _peak() - before, data)
    if NOTED.inputs % 100 == 0:
        NOTED.write()


def _peak() -> float:
    """The most memory that the process ever had, in MiB; Linux counts it in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


NOTED = Notes()

if __name__ == "__main__":
    NOTES.mkdir(parents=True, exist_ok=True)
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
