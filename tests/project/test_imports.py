"""What an unchanged check may load: time is spent on nothing that it does not need."""

from __future__ import annotations

import subprocess
import sys

from tests.support.site import SAMPLES

# httpx imports its own command line where the development tools have brought its libraries.
_TELL = """
import sys
sys.modules["pygments"] = None
sys.argv = ["fwtracker", "run", "--url", sys.argv[1]]
from tracker.cli import main
try:
    main()
except SystemExit as stop:
    assert stop.code == 0, stop.code
print("\\n".join(sorted(name for name, module in sys.modules.items() if module)))
"""

NEVER = (
    *(
        "lxml",
        "bs4",
        "selectolax",
        "soupsieve",
        "tinycss2",
        "deepdiff",
        "apscheduler",
        "smtplib",
        "jinja2",
        "rich",
        "pygments",
    ),
    *("notifiers", "tracker.parse.read", "tracker.parse.pages.page_set", "tracker.parse.cells"),
    *(
        "tracker.parse.markup.html",
        "tracker.formats.ips",
        "tracker.commands.history",
        "asyncio",
    ),
    *("tracker.site", "markupsafe", "starlette", "uvicorn"),
    *("xml", "unittest", "tracker.formats", "tracker.parse.feeds"),
    *(
        "gzip",
        "tracker.publish.publish",
        "tracker.publish.index",
        "tracker.publish.deltas",
        "tracker.diff.diff",
        "tracker.publish.rule_sets",
    ),
    *("publicsuffixlist", "tracker.guard.context", "tracker.guard.page_rules"),
    "cryptography",
)


def loaded(url: str, folder) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _TELL, url],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.splitlines())


def test_an_unchanged_check_loads_no_parser_no_diff_and_no_channel(site, tmp_path):
    site.show((SAMPLES / "2024-04/stacks.html").read_bytes())
    first = loaded(site.url, tmp_path)
    assert {"lxml", "tracker.parse.read", "tracker.parse.cells"} <= first
    second = loaded(site.url, tmp_path)
    assert site.statuses() == [200, 304]
    unwanted = {
        name for name in second for no in NEVER if name == no or name.startswith(f"{no}.")
    }
    assert unwanted == set()
