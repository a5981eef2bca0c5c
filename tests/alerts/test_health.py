"""Health notices: sent once, again after growing intervals, and when the problem is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.servers import Answer, HookServer
from tests.support.site import SAMPLES
from tests.support.watched import Watched, configured, subjects
from tracker.alerts import outbox
from tracker.alerts.health import repeat_pause
from tracker.notifications import Notice

GOOD = (SAMPLES / "2024-04/stacks.html").read_bytes()
UNREADABLE = GOOD.replace(b"54.210.188.13", b"54.210.188.1333")
NO_TABLE = b"<html><body><p>We have a new design.</p></body></html>"
HELD = GOOD.replace(b"</body>", b"<p>198.41.0.4</p></body>")
CHANGED = GOOD.replace(b"<li>54.79.23.166</li>", b"<li>54.79.23.166</li><li>3.104.236.56</li>")
HELD_CHANGE = CHANGED.replace(b"</body>", b"<p>198.41.0.4</p></body>")


@pytest.fixture
def hook(monkeypatch):
    with HookServer() as server:
        monkeypatch.setenv("URL_OPS", server.url)
        yield server


@pytest.fixture
def watched(site, tmp_path, hook, first_checks):
    """A source with one good check and one channel; the baseline was sent."""
    made = Watched(site, configured({"name": "ops"}), str(tmp_path / "snapshots"))
    first_checks.make(made, GOOD)
    hook.requests.clear()
    return made


def notices_of(watched: Watched) -> list[Notice]:
    return [
        outbox.load_notice(watched.tree, number)
        for number in outbox.notice_numbers(watched.tree)
    ]


def told_at(watched: Watched) -> list[tuple[str, float]]:
    """Each notice's kind, and the hours from the one good check to it."""
    found = notices_of(watched)
    return [(notice.kind, watched.hours_to(notice.at) - 1) for notice in found]


def test_failures_are_told_after_three_in_a_row_and_once_when_it_works_again(
    watched, site, hook
):
    site.pages.clear()
    watched.check(2)
    assert subjects(hook) == []
    watched.check(4)
    assert subjects(hook) == ["3 checks in a row failed: moved"]
    site.show(GOOD)
    watched.check(3)
    assert subjects(hook)[1:] == ["checks work again, after 7 hours"]


def test_two_failures_are_told_to_nobody_and_leave_nothing(watched, site, hook):
    site.pages.clear()
    watched.check(2)
    assert watched.remembered() == ["health.json"]
    site.show(GOOD)
    assert watched.check().outcome == "unchanged"
    assert (subjects(hook), watched.remembered()) == ([], [])


def test_how_many_failures_is_configured(watched, site, hook):
    watched.config = configured({"name": "ops"}, health={"failures": 1})
    site.pages.clear()
    watched.check()
    assert subjects(hook) == ["1 check failed: moved"]


def test_it_is_told_again_after_growing_pauses_in_the_end_as_stale(watched, site, hook):
    site.pages.clear()
    watched.check(24)
    watched.check(21, hours=8)
    assert told_at(watched) == [
        *(("failing", 3), ("failing", 9), ("failing", 21)),
        *(("stale", 24), ("stale", 48), ("stale", 96), ("stale", 192)),
    ]
    assert subjects(hook)[1] == "9 checks in a row failed: moved"
    assert subjects(hook)[3] == "no good check for 24 hours: moved"
    site.show(GOOD)
    watched.check(2)
    assert subjects(hook)[7:] == ["checks work again, after 8 days"]
    assert told_at(watched)[-1][0] == "over"


def test_pauses_double_up_to_a_week():
    hours = [repeat_pause("failing", told).total_seconds() / 3600 for told in range(1, 9)]
    assert hours == [6, 12, 24, 48, 96, 168, 168, 168]
    assert (
        repeat_pause("stale", 1).total_seconds()
        == repeat_pause("channel/x", 1).total_seconds()
        == 86_400
    )
    assert repeat_pause("failing", 100_000).days == 7


@pytest.mark.parametrize(
    ("page", "why"), [(UNREADABLE, "unreadable"), (NO_TABLE, "nothing-read")]
)
def test_a_page_that_cannot_be_read_is_told_at_once(watched, site, hook, page, why):
    site.show(page)
    watched.check(3)
    assert subjects(hook) == [f"the page cannot be read: {why}"]
    assert "fwtracker parse" in hook.requests[0].body.decode()
    site.show(GOOD)
    watched.check()
    assert subjects(hook)[1:] == ["checks work again, after 4 hours"]


def test_what_comes_and_goes_with_every_check_is_not_told_with_every_check(watched, site, hook):
    for _ in range(5):
        site.show(UNREADABLE)
        watched.check()
        site.show(GOOD)
        watched.check()
    assert told_at(watched) == [("layout", 1), ("over", 2), ("layout", 7), ("over", 8)]


def test_a_page_is_held_with_reasons_difference_and_commands_once(watched, site, hook):
    site.show(HELD_CHANGE)
    outcome = watched.check()
    watched.check(5)
    assert subjects(hook) == ["address outside tables"]
    said = hook.requests[0].body.decode()
    assert f"fwtracker approve {outcome.digest[:12]}" in said
    assert f"fwtracker reject {outcome.digest[:12]}" in said
    assert "198.41.0.4" in said  # the finding
    assert "New on the held page: 1 endpoint" in said
    assert "3.104.236.56" in said
    assert "Allow these" not in said


def test_another_held_page_is_told_and_the_first_not_again(watched, site, hook):
    for page in (HELD_CHANGE, HELD, HELD_CHANGE, GOOD, HELD):
        site.show(page)
        watched.check()
    assert subjects(hook) == [
        "address outside tables",
        "address outside tables",
        "no page is held any more",
    ]


def test_a_held_page_that_nobody_decides_about_is_stale_after_a_day(watched, site, hook):
    site.show(HELD)
    watched.check(8, hours=3)
    assert [kind for kind, _ in told_at(watched)] == ["held", "stale"]
    assert subjects(hook)[1] == "no good check for 24 hours: address-outside-tables"
    assert "fwtracker held" in hook.requests[1].body.decode()


def test_an_approval_and_a_rejection_are_told(watched, site, hook, fwtracker, tmp_path):
    config = tmp_path / "c.toml"
    config.write_text('[[channels]]\nname="ops"\ntype="slack"\nurl_env="URL_OPS"\n')
    at = ("--config", config, "--snapshots", watched.place)
    site.show(HELD_CHANGE)
    digest = watched.check().digest
    assert fwtracker("approve", digest, *at).status == 0
    assert subjects(hook)[1:] == [
        "allow 3.104.236.56 tcp/22543 in North America",
        "the held page was approved",
    ]
    site.show(CHANGED.replace(b"</body>", b"<p>192.33.4.12</p></body>"))
    digest = watched.check().digest
    assert fwtracker("reject", digest, *at).status == 0
    assert watched.check().outcome == "unchanged"
    assert subjects(hook)[4:] == ["the held page was rejected"]


def test_a_rejected_page_counts_as_checked(watched, site, hook, fwtracker):
    site.show(HELD)
    digest = watched.check().digest
    fwtracker("reject", digest, "--snapshots", watched.place)
    watched.check(8, hours=5)
    assert [kind for kind, _ in told_at(watched)] == ["held", "over"]


def test_a_check_that_comes_further_ends_what_is_behind_it(watched, site, hook):
    site.pages.clear()
    watched.check(3)
    site.show(UNREADABLE)
    watched.check()
    site.show(HELD)
    watched.check()
    site.show(GOOD)
    watched.check()
    assert subjects(hook) == [
        "3 checks in a row failed: moved",
        "the page cannot be read: unreadable",
        "address outside tables",
        "no page is held any more",
    ]
    ends = [notice.ends for notice in notices_of(watched)]
    assert ends == [(), ("failing",), ("layout",), ("held",)]


def test_an_old_hold_that_comes_back_after_an_outage_is_told_as_that(watched, site, hook):
    site.show(HELD)
    watched.check()
    site.pages.clear()
    watched.check(3)
    site.show(HELD)
    watched.check()
    assert subjects(hook)[2:] == ["the page can be read again, but is held"]


def test_a_gap_is_told_by_the_check_that_ends_it(watched, site, hook):
    watched.check(hours=37)
    assert subjects(hook) == ["checks work again, after 37 hours"]
    watched.check()
    assert (len(hook.requests), watched.remembered()) == (1, [])


def test_a_daily_check_is_no_gap_but_one_that_fails_is_stale(watched, site, hook):
    watched.check(3, hours=24.2)
    assert hook.requests == []
    site.pages.clear()
    watched.check(hours=24.2)
    assert subjects(hook) == ["no good check for 24 hours: moved"]


def test_somebody_who_looks_tells_that_nobody_checks(watched, hook):
    watched.tick(hours=23)
    assert hook.requests == []
    watched.tick(hours=1)
    watched.tick(hours=1)
    assert subjects(hook) == ["no good check for 24 hours"]
    assert "cron, timer or container" in hook.requests[0].body.decode()
    watched.tick(hours=24)
    watched.check()
    assert subjects(hook)[1:] == ["no good check for 2 days", "checks work again, after 2 days"]


def test_notify_retry_looks_too(watched, hook, fwtracker, tmp_path):
    config = tmp_path / "c.toml"
    config.write_text('[[channels]]\nname="ops"\ntype="slack"\nurl_env="URL_OPS"\n')
    # By its real clock the virtual one is long ago.
    ran = fwtracker("notify", "retry", "--config", config, "--snapshots", watched.place)
    assert ran.out == "action1: 1 delivered, 0 still owed\n"
    assert subjects(hook)[0].startswith("no good check for ")


def test_a_source_that_never_worked_is_told_as_that(site, tmp_path, hook):
    watched = Watched(site, configured({"name": "ops"}), str(tmp_path / "s"))
    watched.check(9, hours=3.5)
    assert [kind for kind, _ in told_at(watched)] == ["failing", "failing", "stale"]
    assert "There is no version yet." in hook.requests[0].body.decode()
    assert "last good check" not in hook.requests[0].body.decode()


def test_a_damaged_store_is_a_failure_too(watched, hook):
    watched.check()
    path = Path(watched.place) / "action1/versions/000001.json"
    path.write_bytes(path.read_bytes().replace(b"Europe", b"Eurpoe"))
    watched.check(6)
    assert subjects(hook) == ["3 checks in a row failed: damaged"]


def test_what_is_known_is_learned_again_from_the_notices(watched, site, hook):
    site.pages.clear()
    watched.check(3)
    state = Path(watched.place) / ".state/action1/health.json"
    state.write_bytes(state.read_bytes()[:20])
    watched.check(3)
    site.show(GOOD)
    watched.check()
    assert subjects(hook) == [
        "3 checks in a row failed: moved",
        "checks work again, after 7 hours",
    ]


def test_without_channels_only_the_failures_are_counted_until_they_are_over(site, tmp_path):
    watched = Watched(site, configured(), str(tmp_path / "s"))
    site.pages.clear()
    watched.check(5)
    assert watched.remembered() == ["health.json"]
    site.show(GOOD)
    watched.check()
    assert watched.remembered() == []


def test_an_outage_of_the_channel_loses_no_notice_and_tells_old_ones_as_one(
    watched, site, hook, monkeypatch
):
    site.pages.clear()
    with HookServer(Answer(503)) as down:
        monkeypatch.setenv("URL_OPS", down.url)
        watched.check(12)
        site.show(GOOD)
        watched.check()
        assert watched.check().owed == 3
        monkeypatch.setenv("URL_OPS", hook.url)
    assert watched.check().owed == 0
    assert subjects(hook) == ["checks work again, after 13 hours"]
    watched.check(2)
    assert len(hook.requests) == 1


def test_what_lasts_is_told_of_its_latest_state_after_an_outage(
    watched, site, hook, monkeypatch
):
    with HookServer(Answer(503)) as down:
        monkeypatch.setenv("URL_OPS", down.url)
        site.pages.clear()
        watched.check(3)
        site.show(HELD)
        watched.check()
        site.pages.clear()
        watched.check(6)
        monkeypatch.setenv("URL_OPS", hook.url)
    watched.check()
    assert subjects(hook) == [
        "address outside tables",
        "5 checks in a row failed: moved",
    ]


def test_no_notify_owes_the_notices_too(watched, site, hook):
    site.pages.clear()
    assert watched.check(4, notify=False).owed == 1
    assert hook.requests == []
    assert watched.check().owed == 0
    assert subjects(hook) == ["3 checks in a row failed: moved"]


def test_a_new_channel_is_told_from_the_next_notice_on(watched, site, hook, monkeypatch):
    site.pages.clear()
    watched.check(3)
    with HookServer() as new:
        monkeypatch.setenv("URL_NEW", new.url)
        watched.config = configured({"name": "ops"}, {"name": "new"})
        watched.check(5)
        assert new.requests == []
        watched.check()
        assert subjects(new) == ["9 checks in a row failed: moved"]


def test_a_channel_without_health_is_told_of_versions_only(watched, site, hook):
    watched.config = configured({"name": "ops", "health": False})
    site.pages.clear()
    assert watched.check(9, hours=3).owed == 0
    site.show(CHANGED)
    watched.check()
    assert subjects(hook) == ["allow 3.104.236.56 tcp/22543 in North America"]


# What the first release (0.1.0) stored of a held page that was notified, and of a channel that
# was down meanwhile and is owed a version and the notice.
OLD_HEALTH = """{"newest":1,"trouble":"held","since":"2026-01-10T15:00:00Z","count":1,\
"good_at":"2026-01-10T14:00:00Z","told":{"held":{"at":"2026-01-10T15:00:00Z","times":1,\
"lasts":true,"digest":"DIGEST"}},"mute":{"ops":"2026-01-10T14:00:00Z"}}"""
OLD_CHANNEL = '{"since":0,"notices":0}'
OLD_RECEIPT = '{"version":1,"delivered_at":"2026-01-10T13:00:00Z","detail":"HTTP 200"}'
OLD_HELD_END = '"first_seen":"2026-01-10T15:00:00Z","rejected":false,"told":true}'


def test_a_held_page_and_an_owed_alert_of_the_first_release_are_taken_over(
    watched, site, hook, fwtracker
):
    hook.answers[:] = [Answer(503)]
    site.show(CHANGED)
    assert watched.check().owed == 1
    site.show(HELD_CHANGE)
    assert watched.check().outcome == "held"
    state = Path(watched.place, ".state/action1")
    (held,) = (state / "held").iterdir()
    previous = watched.tree.version_digest(2)
    new_end = f',"previous_digest":"{previous}"}}'
    assert held.read_text().endswith(OLD_HELD_END[:-1] + new_end)
    held.write_text(held.read_text().removesuffix(new_end) + "}")
    for new in ("seen.json", "validators.json"):
        (state / new).unlink()
    receipt = state / "receipts/ops/000001.json"
    first = watched.tree.version_digest(1)
    assert receipt.read_text() == f'{OLD_RECEIPT[:-1]},"digest":"{first}"}}'
    receipt.write_text(OLD_RECEIPT)
    old = {
        "health.json": OLD_HEALTH.replace("DIGEST", held.stem),
        "channels/ops.json": OLD_CHANNEL,
        "receipts/ops/000001.json": OLD_RECEIPT,
    }
    for name, text in old.items():
        assert (state / name).read_text() == text
        (state / name).write_text(text)
    hook.answers[:] = [Answer(200)]
    hook.requests.clear()
    outcome = watched.check()
    assert (outcome.outcome, outcome.owed) == ("held", 0)
    assert subjects(hook) == [
        "allow 3.104.236.56 tcp/22543 in North America",
        "address outside tables",
    ]
    approved = fwtracker("approve", held.stem, "--snapshots", watched.place)
    assert (approved.status, approved.err) == (0, "")
    assert watched.check().outcome == "unchanged"
