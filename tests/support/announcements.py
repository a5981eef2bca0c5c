"""Announcements for tests: baseline, a change of every kind, hostile text, many changes."""

from __future__ import annotations

from functools import cache

from msgspec.structs import replace

from tracker.change_set import Change, ChangeSet, FieldChange, Summary
from tracker.model import SCHEMA, Cause, Endpoint, Entry, Finding, Service, flatten
from tracker.notifications import Announcement, Attachment, Presence, VersionAt

PAGE_URL = "https://www.action1.com/documentation/firewall-configuration/"
TLS = (Service("tcp", 443, 443, "HTTPS"), Service("tcp", 22543, 22543))
PLACES = ("europe", "north-america")
NEW_RELAYS = ("13.41.182.195", "18.171.0.33", "35.179.20.122")

# Each tries to break out of one of the formats that a message passes through.
HOSTILE = (
    "<!channel> <@U123> <https://evil.example|log in>",
    "</li><script>alert(1)</script><img src=x onerror=alert(1)>",
    "a\r\nBcc: victim@evil.example\r\n\r\nforged",
    "a\x1b[2J\x1b]0;title\x07b\x00\u202egnp.exe\u200b\u2066",
    "*bold* _it_ ~no~ `code` &amp; & < >",
    "line\u2028line\u2029line\x85line\x0b\x0c",
    "%s %(name)s {0} {password}",
    "=cmd|' /C calc'!A0",
    "x" * 5000,
    "&" * 2000,
)


def entry(**fields) -> Entry:
    """Return the relay servers of Europe, with the given fields replaced."""
    relays = Entry(
        region="Europe",
        resource="Action1 Remote Desktop relay servers in Europe",
        hosts=("eu.remote.app.action1.com",),
        addresses=("3.8.1.2",),
        scope="internet",
        direction="outbound",
        services=TLS,
        requirement="required",
        only_for="Europe",
        components=("Agents",),
        purpose="Remote desktop sessions",
    )
    return replace(relays, **fields)


def baseline() -> Announcement:
    """Return the first version: 40 entries in two regions."""
    change_set = ChangeSet(
        schema=SCHEMA,
        source="action1",
        from_=None,
        to=1,
        detected_at="2024-04-02T10:17:03Z",
        summary=Summary(added=40, endpoints_added=2),
        changes=(Change("added", "info", "Europe", entry().resource, after=entry()),),
        endpoints_added=tuple(flatten(entry())),
        endpoints_removed=(),
    )
    return Announcement(
        source="action1",
        version=1,
        digest="5d2c1e0f9a8b7c6d" * 4,
        page_url=PAGE_URL,
        captured_at="2024-04-02T10:17:03Z",
        title="Action1",
        baseline=True,
        entries=40,
        regions=("North America", "Europe"),
        change_set=change_set,
        rule_files=rule_files(),
    )


def rule_files() -> tuple[str, ...]:
    folders = ("north-america", "europe")
    files = ("ips.txt", "domains.txt", "endpoints.csv", "nftables.nft")
    return tuple(f"rules/{folder}/{file}" for folder in folders for file in files)


def change() -> Announcement:
    """Return version 2: added, removed, changed, relabelled and reworded entries."""
    told = announce(
        grown(), shrunk(), regrouped(), relabelled(), reworded(), endpoints_of_them=True
    )
    new, old = VersionAt(2, told.captured_at), VersionAt(1, baseline().captured_at)
    changes = told.change_set
    stays = dict.fromkeys(changes.endpoints_added, Presence(new))
    stays |= dict.fromkeys(
        changes.endpoints_removed, Presence(old, new, "2024-11-12T06:17:09Z")
    )
    return replace(told, stays=stays, changed_before={regrouped(): old})


def edited(cause: Cause = "definition", *names: str) -> Announcement:
    """Return the same difference for the same page, read by another definition or reader."""
    told = change()
    findings = tuple(Finding(name, "publish", f"what {name} says") for name in names)
    changes = replace(told.change_set, cause=cause)
    return replace(told, change_set=changes, cause=cause, findings=findings)


def digest() -> Announcement:
    """Return versions 41 to 44 as one, after an outage: each endpoint has its own dates."""
    told = change()
    at = {
        41: VersionAt(41, "2024-10-01T06:17:09Z"),
        43: VersionAt(43, "2024-10-20T06:17:09Z"),
        44: VersionAt(44, told.captured_at),
    }
    added, removed = told.change_set.endpoints_added, told.change_set.endpoints_removed
    stays = {end: Presence(at[41 if end.target == NEW_RELAYS[0] else 44]) for end in added}
    stays[removed[0]] = Presence(
        VersionAt(7, "2024-05-01T10:17:03Z"), at[43], "2024-10-27T06:17:09Z"
    )
    stays[removed[1]] = Presence(None, at[44], "2024-11-12T06:17:09Z")
    steps = ("000041", "000042", "000043", "000044")
    paths = [f"deltas/{step}/{place}/ips-apply.txt" for step in steps for place in PLACES]
    return replace(
        told,
        delta_files=tuple(f"action1/{path}" for path in paths),
        attachments=tuple(Attachment(path, b"+ 192.0.2.1\n") for path in paths),
        version=44,
        change_set=replace(told.change_set, from_=40, to=44),
        stays=stays,
        changed_before={regrouped(): VersionAt(12, "2024-06-11T10:17:03Z")},
    )


def published() -> Announcement:
    """Return the same with deltas and a public URL of the tree."""
    paths = [f"deltas/000002/europe/nftables-{way}.nft" for way in ("apply", "rollback")]
    return replace(
        change(),
        delta_files=tuple(f"action1/{path}" for path in paths),
        attachments=(Attachment(paths[0], f"# {paths[0]}\n".encode()),),
        web_page="https://firewall.example.com/action1/index.html",
    )


def trial() -> Announcement:
    """Return the message of `notify test`, which has version 0."""
    nothing = ChangeSet(SCHEMA, "action1", None, 0, change().captured_at, Summary(), (), (), ())
    return replace(
        baseline(), version=0, digest="0" * 64, entries=0, regions=(), change_set=nothing
    )


def wording() -> Announcement:
    """Return a version that needs no work."""
    return announce(relabelled(), reworded())


def grown() -> Change:
    after = entry(addresses=("3.8.1.2", *NEW_RELAYS))
    fields = (FieldChange("addresses", added=NEW_RELAYS),)
    return _changed("changed", "breaking", entry(), after, fields)


def shrunk() -> Change:
    gone = entry(
        region="North America",
        resource="*.legacy.action1.com",
        hosts=("*.legacy.action1.com",),
        addresses=(),
        requirement="recommended",
        only_for=None,
        purpose="Old agents",
    )
    return Change("removed", "action", gone.region, gone.resource, before=gone)


def regrouped() -> Change:
    before = entry(resource="Action1 servers (server.eu.action1.com)", only_for=None)
    after = replace(before, components=("Agents", "Deployer"), requirement="optional")
    fields = (
        FieldChange("requirement", before="required", after="optional"),
        FieldChange("components", added=("Deployer",)),
    )
    return _changed("changed", "action", before, after, fields)


def relabelled() -> Change:
    before = entry(region="North America", resource="Action1 servers (Remote Desktop)")
    after = replace(before, resource="Action1 Remote Desktop relay servers")
    fields = (FieldChange("resource", before=before.resource, after=after.resource),)
    return _changed("relabelled", "info", before, after, fields)


def reworded() -> Change:
    before = entry(resource="Microsoft Update", purpose="Windows updates")
    after = replace(before, purpose="Windows and Office updates")
    fields = (FieldChange("purpose", before=before.purpose, after=after.purpose),)
    return _changed("reworded", "info", before, after, fields)


def _changed(kind, impact, before, after, fields) -> Change:
    return Change(kind, impact, after.region, after.resource, before, after, fields)


def announce(*changes: Change, endpoints_of_them: bool = False) -> Announcement:
    """Return version 2 with these changes; with endpoints, those of `grown` and `shrunk`."""
    added: tuple[Endpoint, ...] = ()
    removed: tuple[Endpoint, ...] = ()
    if endpoints_of_them:
        added = tuple(flatten(entry(hosts=(), addresses=NEW_RELAYS)))
        removed = tuple(flatten(shrunk().before))
    change_set = ChangeSet(
        schema=SCHEMA,
        source="action1",
        from_=1,
        to=2,
        detected_at="2024-11-05T06:17:09Z",
        summary=Summary(
            changed=len(changes),
            endpoints_added=len(added),
            endpoints_removed=len(removed),
        ),
        changes=changes,
        endpoints_added=added,
        endpoints_removed=removed,
    )
    return replace(
        baseline(),
        version=2,
        digest="0b7e6f5a4d3c2b1a" * 4,
        captured_at="2024-11-05T06:17:09Z",
        baseline=False,
        change_set=change_set,
    )


def hostile(text: str) -> Announcement:
    """Return a change with this text wherever a page can put free text."""
    after = entry(region=text, resource=text, only_for=text, components=(text,), purpose=text)
    fields = (
        FieldChange("purpose", before=text, after=text),
        FieldChange("components", added=(text,), removed=(text,)),
    )
    changes = (
        Change("added", "breaking", text, text, after=after),
        Change("removed", "action", text, text, before=after),
        _changed("changed", "info", replace(after, hosts=("x.example",)), after, fields),
        _changed("relabelled", "info", after, after, fields),
        _changed("reworded", "info", after, after, fields),
    )
    told = announce(*changes)
    endpoints = tuple(flatten(after))
    change_set = replace(
        told.change_set, endpoints_added=endpoints, endpoints_removed=endpoints[:1]
    )
    findings = (Finding("cell-read-as", "publish", text, text, text),)
    return replace(told, regions=(text,), change_set=change_set, findings=findings)


@cache
@cache
def many(number: int) -> Announcement:
    """Return a change of `number` entries with one address each."""
    entries = [
        entry(
            resource=f"Servers {index}",
            hosts=(),
            addresses=(f"100.{index >> 16}.{index >> 8 & 255}.{index & 255}",),
            services=TLS[:1],
        )
        for index in range(number)
    ]
    changes = tuple(
        Change("added", "breaking", each.region, each.resource, after=each) for each in entries
    )
    told = announce(*changes)
    endpoints = tuple(endpoint for each in entries for endpoint in flatten(each))
    return replace(told, change_set=replace(told.change_set, endpoints_added=endpoints))
