"""The e-mail message itself: headers, parts, attachment, identity."""

from __future__ import annotations

import gzip
import json
import re
from email import message_from_bytes, policy
from html.parser import HTMLParser

import msgspec
import pytest
from msgspec.structs import replace

from notifiers import email
from notifiers.email import build_message_id, compose_mail
from tests.support import announcements as made
from tests.support import noticed
from tracker.change_set import ChangeSet
from tracker.notifications import Attachment

NOTE = (
    "Action1 Remote Desktop relay servers in Europe: "
    "Remote desktop sessions (required, only for Europe)"
)
IMPACTS = {"breaking": made.change(), "info": made.wording(), "action": noticed.HELD}
SENDER, TO = "fwtracker@example.com", ("netops@example.com", "msp@example.org")


def part(announcement, kind: str) -> str:
    body = sent(announcement).get_body((kind,))
    return body.get_content().replace("\r\n", "\n")


def sent(announcement):
    """The message as a receiver parses it."""
    data = compose_mail(announcement, SENDER, TO).as_bytes()
    return message_from_bytes(data, policy=policy.default)


def test_headers():
    message = sent(made.change())
    assert message["From"] == SENDER
    assert message["To"] == ", ".join(TO)
    assert message["Subject"].startswith("BREAKING Action1 Europe: allow 13.41.182.195")
    assert message["Date"].datetime.tzinfo is not None
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["X-Fwtracker"] == "action1 version 2 0b7e6f5a4d3c"
    assert message["List-Id"] == "<action1.fwtracker.example.com>"


def test_rules_of_a_mailbox_can_go_by_the_impact():
    said = {name: sent(told)["X-Fwtracker-Impact"] for name, told in IMPACTS.items()}
    assert said == {name: name for name in IMPACTS}
    assert sent(noticed.STALE)["X-Fwtracker-Impact"] == "breaking"


def test_mails_of_a_source_are_one_thread_and_those_of_another_another():
    every = (made.change(), made.baseline(), made.wording(), *noticed.EVERY.values())
    assert {sent(each)["References"] for each in every} == {"<fwtracker.action1@example.com>"}
    other = sent(replace(made.change(), source="other"))
    assert other["References"] == "<fwtracker.other@example.com>"


def test_headers_stand_on_one_line_and_encoded_words_are_short():
    plain = compose_mail(made.change(), SENDER, [f"someone{n}@example.com" for n in range(9)])
    head = plain.as_bytes().partition(b"\r\n\r\n")[0].decode()
    subject = "Subject: BREAKING Action1 Europe: allow 13.41.182.195 tcp/443 (+5), 2 no longer"
    assert [line for line in head.split("\r\n") if line.startswith(subject)]
    assert [line for line in head.split("\r\n") if line.startswith("To: ") and "8@" in line]
    odd = compose_mail(replace(made.change(), title="Grüße " * 9), SENDER, TO).as_bytes()
    head = odd.partition(b"\r\n\r\n")[0].decode()
    assert max(map(len, head.split("\r\n"))) <= 78
    assert all(len(line) <= 998 for line in plain.as_bytes().split(b"\r\n"))


def test_the_text_says_what_to_do_first():
    text = part(made.change(), "plain")
    lead, allow, *_ = text.split("\n\n")
    assert lead.startswith("Action1 version 2: 6 endpoints to allow, 2 no longer listed")
    assert allow.splitlines() == [
        "Allow these: 6 endpoints, on the page since 2024-11-05",
        "-" * len("Allow these: 6 endpoints, on the page since 2024-11-05"),
        "* 13.41.182.195, 18.171.0.33, 35.179.20.122",
        "    tcp/443, tcp/22543 outbound, Europe",
        f"    {NOTE}",
    ]
    assert "* See all of it: fwtracker diff 1 2" in text


def test_the_change_set_is_attached():
    (attachment,) = sent(made.change()).iter_attachments()
    assert attachment.get_filename() == "action1-000002-changes.json"
    assert attachment.get_content_type() == "application/json"
    change_set = json.loads(attachment.get_content())
    assert (change_set["from"], change_set["to"]) == (1, 2)


def test_a_few_deltas_are_attached_one_by_one_as_text():
    _, *deltas = sent(made.published()).iter_attachments()
    assert [delta.get_filename() for delta in deltas] == ["action1-000002-europe-nftables.nft"]
    assert {delta.get_content_type() for delta in deltas} == {"text/plain"}
    assert deltas[0].get_content().splitlines() == ["# deltas/000002/europe/nftables-apply.nft"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("deltas/000002/europe/ips-apply.txt", "action1-000002-europe-ips.txt"),
        ("deltas/000002/europe/ips-rollback.txt", "action1-000002-europe-ips-rollback.txt"),
        ("deltas/000002/asia/windows-apply.ps1", "action1-000002-asia-windows.ps1.txt"),
        ("deltas/000002/asia/panos-edl-ip-apply.txt", "action1-000002-asia-panos-edl-ip.txt"),
        (
            "deltas/000002-20260115T120000Z/asia/terraform-apply.auto.tfvars.json",
            "action1-000002-20260115T120000Z-asia-terraform.auto.tfvars.json",
        ),
    ],
)
def test_attachments_are_named_by_what_they_are(path, name):
    told = replace(made.published(), attachments=(Attachment(path, b"x\n"),))
    _, delta = sent(told).iter_attachments()
    assert delta.get_filename() == name


def test_many_deltas_are_a_text_for_each_format_with_a_heading_for_each():
    regions = [f"region-{number:02}" for number in range(6)]
    paths = [f"deltas/000002/{region}/{form}-apply.txt" for region in regions for form in "xy"]
    many = tuple(Attachment(path, f"say {path}\n\n".encode()) for path in paths)
    _, *deltas = sent(replace(made.published(), attachments=many)).iter_attachments()
    names = [delta.get_filename() for delta in deltas]
    assert names == ["action1-000002-x.txt", "action1-000002-y.txt"]
    text = deltas[0].get_content().replace("\r\n", "\n")
    assert text.startswith(f"============ {paths[0]} ============\nsay {paths[0]}\n\n====")
    assert all(f"say {path}\n" in text for path in paths[::2])


@pytest.mark.parametrize("number", [0, 2, 34])
def test_the_text_names_what_is_attached_and_nothing_else(number):
    regions = [f"region-{count:02}" for count in range(number)]
    many = tuple(Attachment(f"deltas/000002/{name}/ips-apply.txt", b"x\n") for name in regions)
    told = replace(made.published(), attachments=many)
    mail = sent(told)
    names = [file.get_filename() for file in mail.iter_attachments()]
    assert len(names) == 1 + (number if number < 10 else 1)
    assert f"* Attached: {', '.join(names)}\n" in part(told, "plain")
    assert all(f">{name}</code>" in part(told, "html") for name in names)
    short = compose_mail(told, SENDER, TO, attached=False)
    assert "ttached" not in short.get_body(("plain",)).get_content()


def test_of_a_held_page_the_change_set_is_named_too():
    assert "* Attached: action1-notice-7-changes.json\n" in part(noticed.HELD, "plain")
    assert "ttached" not in part(noticed.STALE, "plain")


def test_a_mail_has_the_colours_of_its_reader():
    html = part(made.change(), "html")
    assert '<meta name="color-scheme" content="light dark">' in html
    assert not re.search(r"(?:color|background)\s*:|bgcolor=", html)


def test_a_digest_of_very_many_versions_is_a_text_for_each_format_in_their_order():
    _, ips, names = sent(_digest(steps=12, forms=("ips", "domains"))).iter_attachments()
    assert ips.get_filename() == "action1-000001-to-000012-ips.txt"
    assert names.get_filename() == "action1-000001-to-000012-domains.txt"
    said = [line for line in ips.get_content().splitlines() if line.startswith("say")]
    assert said == [f"say deltas/{step:06}/europe/ips-apply.txt" for step in range(1, 13)]


def _digest(steps: int, forms: tuple[str, ...]):
    paths = [
        f"deltas/{step + 1:06}/europe/{form}-apply.txt"
        for step in range(steps)
        for form in forms
    ]
    made_of = tuple(Attachment(path, f"say {path}\n".encode()) for path in paths)
    return replace(made.digest(), attachments=made_of)


def test_the_change_set_of_a_held_page_is_attached_too():
    (attachment,) = sent(noticed.HELD).iter_attachments()
    assert attachment.get_filename() == "action1-notice-7-changes.json"
    assert list(sent(noticed.OVER).iter_attachments()) == []


def test_a_baseline_has_no_attachment():
    assert list(sent(made.baseline()).iter_attachments()) == []


def test_a_long_change_set_is_packed_and_one_that_stays_too_long_left_out(monkeypatch):
    told = made.many(3)
    monkeypatch.setattr(email, "ATTACHED_BYTES", 1500)
    (packed,) = sent(told).iter_attachments()
    assert packed.get_filename() == "action1-000002-changes.json.gz"
    assert packed.get_content_type() == "application/gzip"
    unpacked = gzip.decompress(packed.get_content())
    assert msgspec.json.decode(unpacked, type=ChangeSet) == told.change_set
    monkeypatch.setattr(email, "ATTACHED_BYTES", 10)
    assert list(sent(told).iter_attachments()) == []


def test_a_repeat_has_the_same_id_and_another_message_another():
    first = build_message_id(made.change(), SENDER)
    assert first == build_message_id(made.change(), SENDER)
    assert first.startswith("<fwtracker.action1.2.")
    assert first.endswith("@example.com>")
    others = (
        made.baseline(),
        made.wording(),
        replace(made.change(), digest="f" * 64),
        replace(made.change(), source="other"),
        replace(made.change(), version=3),
        *noticed.EVERY.values(),
    )
    ids = {build_message_id(each, SENDER) for each in others}
    assert len(ids) == len(others)
    assert first not in ids


def test_a_notice_is_the_same_whatever_the_held_page_would_change_by_now():
    later = replace(noticed.HELD, change_set=None)
    assert build_message_id(later, SENDER) == build_message_id(noticed.HELD, SENDER)


@pytest.mark.parametrize("text", made.HOSTILE)
def test_no_header_is_forged(text):
    told = replace(made.hostile(text), source=text, digest=text, page_url=text)
    message = sent(told)
    assert sorted(set(message.keys())) == sorted(
        (
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "References",
            "List-Id",
            "Auto-Submitted",
            "X-Auto-Response-Suppress",
            "X-Fwtracker",
            "X-Fwtracker-Impact",
            "MIME-Version",
            "Content-Type",
        )
    )
    assert message["Subject"].isprintable()
    assert message.defects == []
    assert message["To"] == ", ".join(TO)


@pytest.mark.parametrize("text", made.HOSTILE)
def test_html_holds_our_tags_only(text):
    html = part(made.hostile(text), "html")
    seen = _Tags()
    seen.feed(html)
    ours = {"html", "head", "meta", "body", "p", "b", "h3", "ul", "li", "br"}
    assert seen.tags <= ours | {"a", "code", "span"}
    calm = _Tags()
    calm.feed(part(made.change(), "html"))
    assert seen.attributes <= calm.attributes
    assert [value for name, value in calm.attributes if name == "href"] == [made.PAGE_URL]


def test_only_a_web_address_is_a_link():
    odd = replace(made.change(), page_url='javascript:alert("1")')
    assert "<a" not in part(odd, "html")
    quoted = replace(made.change(), page_url='https://a/"onclick="x')
    assert 'href="https://a/&quot;onclick=&quot;x"' in part(quoted, "html")


@pytest.mark.parametrize("text", made.HOSTILE)
def test_text_lines_are_printable_and_ours(text):
    content = part(made.hostile(text), "plain")
    assert all(line.isprintable() for line in content.splitlines())
    calm = part(made.hostile("calm"), "plain")
    assert len(content.splitlines()) == len(calm.splitlines())


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.add(tag)
        self.attributes.update(attrs)
