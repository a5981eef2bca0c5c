"""All situations, held against the limits that the receivers document."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import apprise as library
import pytest

from notifiers import apprise, email, pagerduty, slack, teams
from notifiers.shared.message_text import compose_text
from notifiers.shared.secrets import Secret
from tests.notifiers import limits
from tests.notifiers.test_golden import TOLD
from tests.notifiers.test_room import work
from tests.support import announcements as made
from tests.support import noticed


def check_service(name: str, told) -> Iterator[str]:
    url = limits.SERVICES[name][0]
    with apprise.capture_log():
        service = apprise.AppriseService(Secret(url), library.Apprise.instantiate(url))
    title, body = apprise.fit_message(compose_text(told), *apprise._find_limit(service))
    return limits.check_service(name, apprise.defuse(title), apprise.defuse(body))


CHECKS = {
    "slack": lambda told: limits.check_slack(slack.build_payload(told)),
    "teams": lambda told: limits.check_teams(teams.build_payload(told)),
    "pagerduty": lambda told: limits.check_pagerduty(pagerduty.build_event(told)),
    "email": lambda told: limits.check_mail(
        email.compose_mail(told, "fwtracker@example.com", ["netops@example.com"])
    ),
    **{name: partial(check_service, name) for name in limits.SERVICES},
}
ODD = ("Grüße 北米 " * 40, '"\\' * 800, "&" * 1000, "x" * 3000)
SITUATIONS = {
    **TOLD,
    "work": work(),
    # More than any receiver takes; each channel gets 10,000 in tests/contract/.
    "many": made.many(2_000),
    "held-many": noticed.many(2_000),
    **{f"odd-{n}": made.hostile(text) for n, text in enumerate(ODD)},
    **{f"odd-notice-{n}": noticed.hostile(text) for n, text in enumerate(ODD)},
}


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("channel", CHECKS)
def test_a_receiver_takes_it(channel: str, situation: str) -> None:
    assert list(CHECKS[channel](SITUATIONS[situation])) == []


def test_there_are_at_least_twenty_situations() -> None:
    assert len(TOLD) >= 20


def test_the_checks_see_what_is_wrong() -> None:
    payload = slack.build_payload(made.change())
    payload["blocks"][2]["text"]["text"] += "x" * 3000 + "<!channel>"
    assert list(limits.check_slack(payload)) == [
        "length of a section",
        "control characters that are not escaped",
    ]
    card = teams.build_payload(made.change())
    card["attachments"][0]["content"]["body"][0]["type"] = "Table"
    assert list(limits.check_teams(card)) == ["element Table"]
    event = pagerduty.build_event(made.change())
    event["payload"].update(summary="x" * 1025, severity="loud")
    assert list(limits.check_pagerduty(event)) == ["summary", "severity"]
    mail = email.compose_mail(made.change(), "a@example.com", ["b@example.com"])
    del mail["Subject"]
    assert list(limits.check_mail(mail)) == ["a header that is missing or stands twice"]
    assert list(limits.check_service("discord", "x", "y" * 2000)) == ["2002 of 2000"]
    assert list(limits.check_service("ntfy", "", "ü" * 2049)) == ["4098 of 4096"]
    assert list(limits.check_service("rocket", "", "." * 501)) == ["1002 of 1000"]
    assert list(limits.check_service("rocket", "", "a @here")) == ["a mention"]
