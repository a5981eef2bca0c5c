"""The deltas that go with a mail: of one version, and of a digest after an outage."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from tests.formats.samples import entry
from tests.support.servers import HookServer, MailServer
from tests.support.versions import snapshots_of
from tests.support.watched import START, context_of
from tracker.alerts import messages, outbox
from tracker.alerts.delivery import deliver_owed
from tracker.config import Config, parse
from tracker.errors import UsageError
from tracker.publish.publish import publish
from tracker.store import open_store
from tracker.store.tree import Tree

DAY = timedelta(days=1)
ONE, TWO, THREE, FOUR, FIVE = (f"192.0.2.{number}" for number in range(1, 6))
PAGES = [[ONE, TWO], [ONE], [ONE, THREE], [ONE, THREE, FOUR], [ONE, THREE, FOUR, FIVE]]


def configured(port: int, **keys) -> Config:
    mail = {"name": "mail", "type": "email", "host": "127.0.0.1", "port": port}
    mail |= {"security": "none", "sender": "a@b.example", "to": ["c@d.example"]}
    hook = {"name": "hook", "type": "webhook", "url_env": "ATTACH_URL"}
    return parse({"channels": [mail | keys, hook], "fwtracker": {"grace_days": 2}})


@pytest.fixture
def told(tmp_path, monkeypatch):
    """A mail and a webhook for versions from `first` to `last`; there is one every 3 days."""

    def tell(first: int, last: int = 5, most: int | None = None, **keys):
        if most is not None:
            monkeypatch.setattr(messages, "MOST_ATTACHED", most)
        tree = Tree(open_store(str(tmp_path)), "action1")
        with MailServer() as mail, HookServer() as hook:
            monkeypatch.setenv("ATTACH_URL", hook.url)
            config = configured(mail.port, **keys)
            readings = [[msgspec.to_builtins(entry(*page))] for page in PAGES[:last]]
            for snapshot in snapshots_of(readings, START, 3 * DAY):
                if snapshot.version == first:
                    outbox.register_channels(tree, config.channels)
                tree.commit(msgspec.structs.replace(snapshot, pages=()), {})
                publish(tree, config, START + (snapshot.version - 1) * 3 * DAY)
            assert deliver_owed(context_of(tree, config), config.channels) == []
            return mail.mails[-1].message, hook.bodies()[-1]

    return tell


def test_a_digest_brings_each_step_in_its_order_the_ends_of_grace_among_them(told):
    mail, body = told(2)
    _, *deltas = mail.iter_attachments()
    steps = ["000002", "000002-20260115T120000Z", "000003", "000004", "000005"]
    assert [delta.get_filename() for delta in deltas] == [
        f"action1-{step}-europe-ips.txt" for step in steps if step != "000002"
    ]
    assert f"- {TWO}\n" in _text(deltas[0])
    assert f"+ {THREE}\n" in _text(deltas[1])
    assert list(dict.fromkeys(path.split("/")[2] for path in body["delta_files"])) == steps[1:]
    said = mail.get_body(("plain",)).get_content()
    assert "action1/deltas/000002-20260115T120000Z/europe/" in said
    assert "* Attached: action1-000005-changes.json, action1-000002-20260115T120000Z-" in said
    assert "Or in one step: fwtracker rules --since 1 --out changes" in said


def test_one_version_brings_the_ends_of_grace_since_the_one_before(told):
    _, body = told(3, last=3)
    steps = [path.split("/")[2] for path in body["delta_files"]]
    assert list(dict.fromkeys(steps)) == ["000002-20260115T120000Z", "000003"]


def test_deltas_that_are_too_much_for_a_mail_are_named_only(told):
    mail, body = told(2, most=10)
    (changes,) = mail.iter_attachments()
    assert changes.get_filename() == "action1-000005-changes.json"
    said = mail.get_body(("plain",)).get_content()
    assert "To paste: action1/deltas/000003/" in said
    assert "* Attached: action1-000005-changes.json\n" in said.replace("\r\n", "\n")
    assert body["delta_files"]


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        ({}, ["ips.txt"]),  # there are no host names
        ({"attach": []}, []),
        ({"attach": ["nftables", "windows"]}, ["nftables.nft", "windows.ps1.txt"]),
    ],
)
def test_a_channel_says_which_formats_it_attaches(told, keys, names):
    mail, _ = told(3, last=3, **keys)
    changes, *deltas = (each.get_filename() for each in mail.iter_attachments())
    assert changes == "action1-000003-changes.json"
    of_version = [each for each in deltas if each.startswith("action1-000003-europe-")]
    assert of_version == [f"action1-000003-europe-{name}" for name in names]
    assert len(deltas) <= 2 * len(names)  # and those of the end of a grace before it


def test_a_format_that_does_not_exist_is_refused():
    with pytest.raises(UsageError, match=r"channel mail: attach: .*did you mean .nftables"):
        configured(25, attach=["nftable"])


def _text(delta) -> str:
    return delta.get_content().replace("\r\n", "\n")
