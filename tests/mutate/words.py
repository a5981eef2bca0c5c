"""Values and words of the tables, found by how they are written on the sample pages."""

from __future__ import annotations

import re
from typing import Final

HOST: Final = re.compile(r"(?<![\w.@/-])(?:\*\.)?(?:[a-z0-9-]+\.)+(?:com|net)(?![\w.-])")
PORT: Final = re.compile(
    r"(?<![\w.])(?:22543|135|139|389|445|22551|6771|443|49152|65535)(?= |\)|/)"
)
PROTOCOL: Final = re.compile(r"\b(?:TCP|UDP|HTTPS?)\b")
DIRECTION: Final = re.compile(r"\b(?:Out|In)bound\b")
