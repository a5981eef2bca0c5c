"""A managed prefix list of AWS: its entries with its id.

`aws ec2 get-managed-prefix-list-entries` does not say which list its answer is of, so the
export adds that. Alone it is a list of addresses; beside a security group it is what that
names.
"""

from __future__ import annotations

from tracker.audit.parsed_config import (
    Dump,
    DumpError,
    Member,
    Opening,
    Sets,
    Unread,
    place,
    span_of,
)
from tracker.audit.readers import Reader, _repairs
from tracker.audit.readers._json import Odd, decoded, items, starts_like, table, text
from tracker.formats.ips import cannot


def read(content: str, _: Sets) -> Dump:
    """The list as a set with its id as name, and as openings. Raises DumpError."""
    dump = Dump()
    try:
        body = table(decoded(content), "the file")
        name = text(body.get("PrefixListId"), "PrefixListId")
        entries = [table(each, "an entry") for each in items(body.get("Entries"))]
    except Odd as odd:
        raise DumpError(f"is no prefix list as exported (audit --list): {odd}") from None
    members = []
    for entry in entries:
        cidr, said = str(entry.get("Cidr", "")), entry.get("Description", "")
        at = place(0, f"{name} {cidr} {said}".rstrip())
        if span := span_of(cidr):
            members.append(Member(span, None, None, at))
            dump.openings.append(Opening("outbound", span, None, None, at))
        else:
            dump.unread.append(Unread(at, "its Cidr is no network"))
    dump.sets[name] = tuple(members)
    return dump


READER = Reader(
    name="aws-prefix-list",
    about="a managed prefix list of AWS; give it beside the security group that names it",
    export="id=pl-1; aws ec2 get-managed-prefix-list-entries --prefix-list-id $id --query"
    " \"{PrefixListId: '$id', Entries: Entries}\" > $id.json",
    sniff=lambda start: (
        starts_like(start, "PrefixListId", "Entries") and '"Resources"' not in start
    ),
    read=read,
    cannot=cannot,
    sets_for="aws-sg",
    fix=_repairs.aws_list,
)
