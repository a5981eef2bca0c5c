"""One changed check with two deliveries, compared with webchanges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import environments
import tools
from case import Case, run_in_turn
from figures import Row, ratios
from page_server import serving

from tracker.demo.story import MailSink, SlackSink

TITLE = "one changed check, all formats, told by Slack webhook and e-mail"
TAKES = "half a minute"
NOTE = "webchanges makes no rule files; both tell the same two channels on loopback"


class _Channels:
    """The Slack and mail servers for one tool."""

    def __init__(self, stack: ExitStack) -> None:
        self.slack, self.mail = SlackSink(), MailSink()
        for server in (self.slack, self.mail):
            stack.enter_context(server)
            Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
        self.sinks = tools.Sinks(self.slack.url, self.mail.port)

    def wrong(self) -> str:
        """Return what is wrong with the messages since the last call; one each is right."""
        counts = len(self.slack.received), len(self.mail.received)
        self.slack.received.clear()
        self.mail.received.clear()
        return "" if counts == (1, 1) else f"{counts} messages came instead of one each"


def measure(work: Path, rounds: int) -> Iterator[Row]:
    """Yield wall time and memory."""
    ours, theirs = environments.fwtracker(), environments.peer("webchanges")
    with serving() as site, ExitStack() as stack:

        def case(tool: str, command: Callable[[str, tools.Sinks], list[str]]) -> Case:
            """Return the case of one tool, with separate servers."""
            channels, url = _Channels(stack), site.url("moving", tool)
            return Case(
                "changed, told",
                tool,
                command(url, channels.sinks),
                work / tool,
                says="published" if tool == "fwtracker" else "CHANGED",
                answers=[200],
                moves=[url],
                wrong=channels.wrong,
            )

        def mine(url: str, sinks: tools.Sinks) -> list[str]:
            """Return our command line, with both channels."""
            config = work / "told.toml"
            command = tools.fwtracker(ours, {"action1": url}, config)
            tools.add_channels(config, sinks)
            return command

        def other(url: str, sinks: tools.Sinks) -> list[str]:
            """Return the command line of the peer."""
            return tools.webchanges(theirs, [url], work / "told.yaml", sinks)

        found = case("fwtracker", mine), case("webchanges", other)
        run_in_turn(found, site, rounds)
    yield from ratios(*found, wall=1.3)
