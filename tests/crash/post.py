"""What two channels received, run by run, and what is wrong with it.

Which message came in which run is known by the webhook's path and by the mail's receiver,
which are the run's `mark`. Judged when all is over: what a killed run had sent may take its
time to arrive.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.crash.stage import CONFIG, Stage
from tests.support.servers import MailServer

CHANNELS = ("ops", "mail")
MAIL = """
[[channels]]
name = "mail"
type = "email"
host = "127.0.0.1"
port = {port}
security = "none"
sender = "fwtracker@example.com"
to = ["{mark}@example.com"]
"""
WRONG = (
    *("alert lost", "alert of what was not committed", "alert of another text"),
    *("repeat without a kill behind the send", "sent in spite of a receipt"),
    *("receipt without an alert", "alerts out of order"),
)
Message = bytes  # what tells one alert from another: Slack's body, the mail's Message-ID


@dataclass(frozen=True)
class Post:
    """The two servers."""

    stage: Stage
    mail: MailServer

    @property
    def ports(self) -> set[int]:
        return {self.mail.port, self.stage.hook.port}

    def config(self, mark: str) -> Path:
        """A configuration with both channels, for one run."""
        return self.stage.configured(CONFIG + MAIL.format(port=self.mail.port, mark=mark))

    def told(self, channel: str, mark: str) -> list[Message]:
        """What arrived whole in a run, in order."""
        if channel == "ops":
            return self.stage.sent(f"/{mark}")
        to = f"{mark}@example.com"
        mails = [mail for mail in self.mail.mails if to in mail.to]
        return [mail.message["Message-ID"].encode() for mail in mails]


@dataclass
class Past:
    """What one run left behind: the versions and the receipts that there are after it."""

    mark: str
    killed: bool
    committed: list[int]
    receipts: set[tuple[str, int]]


def judged(
    post: Post, channel: str, pasts: Sequence[Past], due: Sequence[tuple[int, Message]]
) -> tuple[Counter[str], Counter[str]]:
    """The figures of one channel in one trial, and what is wrong; `due` are all its alerts."""
    account = _Account(channel, {message: version for version, message in due})
    for past in pasts:
        account.add(past, post.told(channel, past.mark))
    account.close([version for version, _ in due])
    return account.seen, account.wrong


class _Account:
    """One channel's messages, counted run by run."""

    def __init__(self, channel: str, versions: dict[Message, int]) -> None:
        self.channel, self.versions = channel, versions
        self.times: Counter[int] = Counter()
        self.excused: Counter[int] = Counter()  # runs killed between a send and its receipt
        self.noted: set[int] = set()
        self.order: list[int] = []
        self.seen: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()

    def add(self, past: Past, told: Sequence[Message]) -> None:
        """What one run sent, and the receipts that there are after it."""
        sent = [self.versions.get(message, 0) for message in told]
        self.wrong["alert of another text"] += sent.count(0)
        for version in filter(None, sent):
            self.order += [] if version in self.order else [version]
            self.times[version] += 1
            self.wrong["alert of what was not committed"] += version not in past.committed
            self.wrong["sent in spite of a receipt"] += version in self.noted
        self.noted = {version for channel, version in past.receipts if channel == self.channel}
        self.wrong["receipt without an alert"] += len(
            self.noted & set(self.versions.values()) - self.times.keys()
        )
        behind = set(filter(None, sent)) - self.noted if past.killed else ()
        self.excused.update(behind)

    def close(self, due: Sequence[int]) -> None:
        """The sums over all runs."""
        for version in due:
            repeats = max(0, self.times[version] - 1)
            self.seen["alerts due"] += 1
            self.seen["kills between a send and its receipt"] += self.excused[version]
            self.seen["alerts sent again"] += repeats
            self.wrong["alert lost"] += self.times[version] == 0
            extra = max(0, repeats - self.excused[version])
            self.wrong["repeat without a kill behind the send"] += extra
        self.wrong["alerts out of order"] += self.order != sorted(self.order)
