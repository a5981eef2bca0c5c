"""What firewalls export after our rules were loaded: really loaded where the tool is here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests import checkers
from tests.formats.netns import need
from tracker.audit.audit import Text
from tracker.audit.readers import load as load_reader
from tracker.formats import RuleSet, load
from tracker.model import Endpoint


@dataclass(frozen=True)
class Sample:
    """One way to a dump: `make` gives the files for a rule set.

    `count` is how many single changes the default tests try.
    """

    name: str
    kinds: tuple[str, ...]
    make: Callable[[RuleSet], list[str]]
    ports: bool = True
    count: int = 60
    tools: tuple[str, ...] = ()

    def texts(self, of: RuleSet) -> list[Text]:
        if self.tools:
            need(*self.tools)
        made = zip(self.kinds, self.make(of), strict=True)
        return [Text(f"{kind}.dump", text, kind) for kind, text in made]

    def cannot(self, endpoint: Endpoint) -> str | None:
        reasons = [load_reader(kind).cannot(endpoint) for kind in self.kinds]
        return reasons[0] if all(reasons) else None


def ours(form: str) -> Callable[[RuleSet], list[str]]:
    """Our own rule file, as it is."""

    def make(of: RuleSet) -> list[str]:
        text = load(form).render(of).text
        assert text is not None
        return [text]

    return make


def loaded_nft(of: RuleSet) -> list[str]:
    """What nft says after it has loaded our file, in a namespace."""
    [text] = ours("nftables")(of)
    return [in_namespace("nft -f -", text, "nft -j list ruleset")]


def in_namespace(load_with: str, text: str, show: str) -> str:
    script = f"{load_with}\n{show}"
    done = checkers.run(*checkers.ISOLATED, "sh", "-ec", script, folder=Path("/"), given=text)
    assert done.returncode == 0, done.stderr
    return done.stdout


DUMPS = [
    Sample("ips", ("ips",), ours("ips"), ports=False),
    Sample("domains", ("domains",), ours("domains"), ports=False),
    Sample("csv", ("csv",), ours("endpoints-csv")),
    Sample("nftables-file", ("nftables",), ours("nftables")),
    Sample("nftables-loaded", ("nftables",), loaded_nft, count=12, tools=("nft",)),
]
