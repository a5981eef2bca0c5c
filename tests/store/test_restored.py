"""Stores that were restored, rewound or replaced: by git, a backup, a bucket's versions."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from tests.alerts.test_notices import Counting, Killed
from tests.support.servers import Answer, HookServer
from tests.support.site import SAMPLES
from tests.support.watched import Watched, configured, identity, subjects
from tracker.alerts import outbox, receipts
from tracker.store import open_store
from tracker.store.records import Held, Receipt, Validators

GOOD = (SAMPLES / "2024-04/stacks.html").read_bytes()
CHANGED = "allow "
WENT_BACK = "the store went back"


def page(number: int) -> bytes:
    """The sample, with one address more that is another one for each number."""
    other = (40 + number * 7, 100 + number * 13 % 150, number * 31 % 250, number * 17 % 250)
    more = b"<li>54.79.23.166</li><li>%d.%d.%d.%d</li>" % other
    return GOOD.replace(b"<li>54.79.23.166</li>", more)


@pytest.fixture
def hook(monkeypatch):
    with HookServer() as first, HookServer() as second:
        monkeypatch.setenv("URL_OPS", first.url)
        monkeypatch.setenv("URL_MORE", second.url)
        first.second = second
        yield first


@pytest.fixture
def watched(site, tmp_path, hook):
    """Three versions, each sent to two channels; copies of the store after each one."""
    config = configured({"name": "ops"}, {"name": "more"}, fwtracker={"formats": []})
    made = Watched(site, config, str(tmp_path / "snapshots"))
    for number in (1, 2, 3):
        publish(made, number)
        shutil.copytree(made.place, copy_of(made, number))
    return made


def publish(watched: Watched, number: int) -> None:
    watched.site.show(page(number))
    assert watched.check().outcome == "published"


def copy_of(watched: Watched, number: int) -> Path:
    return Path(watched.place).with_name(f"copy-{number}")


def restore(watched: Watched, number: int, *, state: str = "kept") -> None:
    """Put the published tree back; the state is kept, gone, or of the same time."""
    copy, here = copy_of(watched, number), Path(watched.place)
    shutil.rmtree(here / "action1")
    shutil.copytree(copy / "action1", here / "action1")
    if state != "kept":
        shutil.rmtree(here / ".state")
    if state == "restored":
        shutil.copytree(copy / ".state", here / ".state")


def names(outcome) -> list[str]:
    return [finding.name for finding in outcome.findings]


def forget(hook: HookServer) -> None:
    hook.requests.clear()
    hook.second.requests.clear()


def told(hook: HookServer) -> list[str]:
    """What both channels got, which is the same."""
    assert subjects(hook) == subjects(hook.second)
    return subjects(hook)


def test_a_rewound_tree_reads_the_page_again_and_tells_its_next_change(watched, site, hook):
    restore(watched, 2)
    forget(hook)
    site.asked.clear()
    outcome = watched.check()
    assert (outcome.outcome, outcome.version, outcome.owed) == ("published", 3, 0)
    assert names(outcome) == ["store-went-back"]
    assert "had version 3, and ends with 2 now" in outcome.findings[0].message
    assert site.statuses() == [200]
    change, notice = told(hook)
    assert "allow " in change
    assert notice == WENT_BACK
    forget(hook)
    publish(watched, 4)
    assert watched.check(2).findings == ()
    assert len(told(hook)) == 1  # of version 4, and nothing of the store


def test_a_rewound_tree_whose_page_says_the_same_is_told_once_and_is_no_version(
    watched, site, hook
):
    site.show(page(2))
    restore(watched, 2)
    forget(hook)
    site.asked.clear()
    assert watched.check().outcome == "unchanged"
    assert site.statuses() == [200]
    assert watched.check(2).outcome == "unchanged"
    assert site.statuses() == [200, 304, 304]
    assert told(hook) == [WENT_BACK]


def test_another_version_of_the_same_number_is_not_taken_for_the_one_before(
    watched, site, hook, tmp_path
):
    other = Watched(site, configured(), str(tmp_path / "other"))
    for number in (1, 2, 5):
        publish(other, number)
    shutil.rmtree(Path(watched.place, "action1"))
    shutil.copytree(Path(other.place, "action1"), Path(watched.place, "action1"))
    forget(hook)
    outcome = watched.check()
    assert names(outcome) == ["store-went-back"]
    assert "another version 3" in outcome.findings[0].message
    # Versions 1 to 3 are others than those that channels were told of.
    assert len(told(hook)) == 2
    assert outcome.owed == 0


def test_a_rewind_that_is_taken_back_repeats_nothing(watched, site, hook):
    shutil.copytree(watched.place, copy_of(watched, 4))
    restore(watched, 1)
    site.pages.clear()
    assert names(watched.check()) == ["store-went-back"]
    restore(watched, 4)
    site.show(page(3))
    forget(hook)
    watched.check(2)
    assert not [each for each in told(hook) if "endpoint" in each]
    status = outbox.channel_status(watched.tree, watched.config.channels[0])
    assert (status.delivered, status.owed) == ((1, 2, 3), ())


def test_nothing_tells_of_versions_alone_that_were_taken_back(watched, site, hook):
    tree = Path(watched.place, "action1")
    for number in (2, 3):
        (tree / f"versions/{number:06d}.json").unlink()
    assert (tree / "changes/000003.json").exists()
    site.pages.clear()
    outcome = watched.check()
    assert names(outcome) == ["store-went-back"]
    assert list(tree.glob("changes/*")) == list(tree.glob("deltas/*/*")) == []
    publish(watched, 3)
    assert [file.name for file in tree.glob("changes/*")] == ["000002.json"]


def test_a_store_with_nothing_left_in_it_begins_again(watched, hook):
    shutil.rmtree(Path(watched.place, "action1"))
    forget(hook)
    outcome = watched.check()
    assert (outcome.outcome, outcome.version) == ("published", 1)
    assert "has none now" in outcome.findings[0].message
    baseline, notice = told(hook)
    assert "baseline" in baseline
    assert notice == WENT_BACK


def test_a_tree_without_its_state_owes_nothing_and_says_so(watched, site, hook):
    restore(watched, 2, state="gone")
    site.show(page(2))
    forget(hook)
    outcome = watched.check()
    assert (outcome.outcome, outcome.owed, names(outcome)) == ("unchanged", 0, [])
    new = "channel ops: new here, it gets alerts from the next version on"
    assert new in outcome.notes
    assert told(hook) == []
    publish(watched, 6)
    assert len(told(hook)) == 1


def test_a_tree_with_its_state_goes_on_where_it_was(watched, hook):
    restore(watched, 2, state="restored")
    forget(hook)
    outcome = watched.check()
    assert (outcome.outcome, outcome.version) == ("published", 3)
    assert (names(outcome), outcome.owed) == ([], 0)
    assert len(told(hook)) == 1


def test_a_channel_that_was_new_after_the_version_is_told_too(watched, hook, monkeypatch):
    monkeypatch.setenv("URL_LATE", hook.second.url)
    watched.config = configured({"name": "ops"}, {"name": "late"})
    watched.check()  # from version 4 on
    restore(watched, 2)
    forget(hook)
    assert watched.check().version == 3
    assert any("allow " in subject for subject in subjects(hook.second))


def test_a_restored_tree_of_last_month_is_no_gap_in_the_checks(watched, hook):
    for _ in range(40):
        watched.check(hours=24)
    restore(watched, 2)
    forget(hook)
    watched.tick(hours=0.5)
    watched.check()
    assert [each for each in told(hook) if "allow " not in each] == [WENT_BACK]


def test_receipts_and_validators_name_their_version(watched):
    tree = watched.tree
    for number in (1, 2, 3):
        receipt = tree.state(f"receipts/ops/{number:06d}", Receipt)
        assert receipt.digest == tree.version_digest(number)
    known = tree.state("validators", Validators)
    assert (known.version, known.version_digest) == (3, tree.version_digest(3))


def test_a_dead_letter_of_a_version_that_is_gone_does_not_stop_the_next(watched, hook):
    hook.answers[:] = [Answer(404)]
    publish(watched, 4)
    (letter,) = watched.tree.states("dead/ops")
    digest = watched.tree.version_digest(4)
    assert watched.tree.state(f"dead/ops/{letter}", Receipt).digest == digest
    restore(watched, 3)
    hook.answers[:] = [Answer(200)]
    forget(hook)
    assert watched.check().version == 4
    assert any("allow " in subject for subject in subjects(hook))
    assert watched.tree.states("dead/ops") == []


def test_a_damaged_receipt_does_not_stop_the_check_after_a_rewind(watched, site, hook):
    restore(watched, 2)
    cut = Path(watched.place) / ".state/action1/receipts/ops/000003.json"
    assert cut.is_file()
    cut.write_bytes(b"{")
    forget(hook)
    site.show(page(4))
    outcome = watched.check()
    assert (outcome.outcome, outcome.version) == ("published", 3)
    assert any("allow " in subject for subject in subjects(hook))
    assert any("allow " in subject for subject in subjects(hook.second))


def test_notices_name_the_version_in_force_by_its_digest(watched, site):
    site.pages.clear()
    watched.check(3)
    (number,) = outbox.notice_numbers(watched.tree)
    notice = outbox.load_notice(watched.tree, number)
    assert (notice.version, notice.version_digest) == (3, watched.tree.version_digest(3))


def test_a_held_page_names_what_it_was_compared_with_and_is_compared_again(watched, site):
    site.show(page(7).replace(b"</body>", b"<p>198.41.0.4</p></body>"))
    digest = watched.check().digest
    held = watched.tree.state(f"held/{digest}", Held)
    assert held.candidate.previous == 3
    assert held.previous_digest == watched.tree.version_digest(3)
    restore(watched, 2)
    assert watched.check().digest == digest
    held = watched.tree.state(f"held/{digest}", Held)
    assert held.candidate.previous == 2
    assert held.previous_digest == watched.tree.version_digest(2)


def test_a_rewind_in_a_bucket_is_seen_as_well(site, bucket, hook):
    watched = Watched(site, configured({"name": "ops"}), bucket)
    publish(watched, 1)
    publish(watched, 2)
    blobs = open_store(bucket)
    for name in list(blobs.walk("action1")):
        if "000002" in name:
            blobs.delete(f"action1/{name}")
    hook.requests.clear()
    outcome = watched.check()
    assert (outcome.outcome, outcome.version) == ("published", 2)
    assert "store-went-back" in names(outcome)
    change, *notices = subjects(hook)
    assert "allow " in change
    assert WENT_BACK in notices


def test_a_kill_anywhere_says_it_once_and_loses_no_change(watched, hook):
    restore(watched, 2)
    prepared, now = Path(watched.place), watched.now
    killed_at: list[str] = []
    while True:
        watched.place, watched.now = f"{prepared}-{len(killed_at)}", now
        shutil.copytree(prepared, watched.place)
        forget(hook)
        watched.wrap = partial(Counting, last=len(killed_at) + 1)
        try:
            watched.check()
        except Killed as killed:
            killed_at.append(str(killed))
        else:
            break
        sent = [*subjects(hook), *subjects(hook.second)]
        watched.wrap = identity
        watched.check(2, hours=0.1)
        # Only what was sent and has no receipt yet may come again.
        for server in (hook, hook.second):
            messages = subjects(server)
            kinds = {CHANGED if each.startswith(CHANGED) else each for each in messages}
            assert kinds == {CHANGED, WENT_BACK}, killed_at[-1]
            assert len(messages) <= 2 + bool(sent), killed_at[-1]
        assert len(subjects(hook) + subjects(hook.second)) <= 4 + bool(sent), killed_at[-1]
        notices = outbox.notice_numbers(watched.tree)
        kinds = [outbox.load_notice(watched.tree, each).kind for each in notices]
        assert kinds == ["rewound"], killed_at[-1]
    parts = {part for name in killed_at for part in name.split("/")}
    assert {"replaced", "seen.json", "notices", "receipts", "versions"} <= parts


# Stores of 0.1.0, which knew versions by their number only.


def make_old(watched: Watched) -> None:
    """Make the state what 0.1.0 would have left."""
    state = Path(watched.place, ".state/action1")
    (state / "seen.json").unlink()
    new = {"digest", "version_digest", "previous_digest"}
    files = [*state.glob("receipts/*/*"), *state.glob("dead/*/*"), state / "validators.json"]
    for file in files:
        old = json.loads(file.read_text())
        file.write_text(json.dumps({key: old[key] for key in old.keys() - new}))


def test_a_store_of_the_first_release_is_taken_over_with_nothing_owed_twice(watched, hook):
    make_old(watched)
    forget(hook)
    outcome = watched.check(2)
    assert (outcome.outcome, outcome.owed, names(outcome)) == ("unchanged", 0, [])
    assert told(hook) == []
    publish(watched, 4)
    assert len(told(hook)) == 1


def test_a_store_of_the_first_release_that_was_rewound_tells_its_next_change(watched, hook):
    make_old(watched)
    restore(watched, 2)
    forget(hook)
    outcome = watched.check()
    assert (outcome.outcome, names(outcome)) == ("published", ["store-went-back"])
    assert ["allow " in each for each in told(hook)] == [True, False]


def test_after_the_take_over_a_rewind_behind_old_receipts_is_seen(watched, hook):
    make_old(watched)
    watched.check()
    restore(watched, 1)
    forget(hook)
    assert watched.check().version == 2
    assert ["allow " in each for each in told(hook)] == [True, False]
    assert receipts.find_last_known(watched.tree).version == 2
