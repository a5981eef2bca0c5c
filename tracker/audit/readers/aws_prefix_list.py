"""A managed prefix list of AWS: its id and its entries.

The output of `aws ec2 get-managed-prefix-list-entries` lacks the list's id, so the export adds
it. Audited on its own, the file is a list of addresses; with a security group, it defines a
list that the group refers to.
"""

from __future__ import annotations

from tracker.audit.parsed_config import (
    ConfigParseError,
    ParsedConfig,
    Permit,
    ReadOptions,
    SetMember,
    Skipped,
    locate,
    parse_range,
)
from tracker.audit.readers import Reader
from tracker.audit.readers.shared import repairs
from tracker.audit.readers.shared.documents import (
    UnexpectedShape,
    as_list,
    as_object,
    as_text,
    looks_like,
    parse_json,
)
from tracker.formats.ips import explain_unsupported


def read(content: str, _: ReadOptions) -> ParsedConfig:
    """Return the list as a set named by its id, and as permits. Raises ConfigParseError."""
    config = ParsedConfig(is_fragment=True)
    try:
        body = as_object(parse_json(content), "the file")
        name = as_text(body.get("PrefixListId"), "PrefixListId")
        entries = [as_object(each, "an entry") for each in as_list(body.get("Entries"))]
    except UnexpectedShape as error:
        raise ConfigParseError(
            f"is not a prefix list as exported (audit --list): {error}"
        ) from None
    members = []
    for entry in entries:
        cidr, said = str(entry.get("Cidr", "")), entry.get("Description", "")
        at = locate(0, f"{name} {cidr} {said}".rstrip())
        if span := parse_range(cidr):
            members.append(SetMember(span, None, None, at))
            config.permits.append(Permit("outbound", span, None, None, at))
        else:
            config.skipped.append(Skipped(at, "its Cidr is not a network"))
    config.sets[name] = tuple(members)
    return config


READER = Reader(
    name="aws-prefix-list",
    about="a managed prefix list of AWS; give it beside the security group that names it",
    export="id=pl-1; aws ec2 get-managed-prefix-list-entries --prefix-list-id $id --query"
    " \"{PrefixListId: '$id', Entries: Entries}\" > $id.json",
    sniff=lambda start: (
        looks_like(start, "PrefixListId", "Entries") and '"Resources"' not in start
    ),
    read=read,
    unsupported=explain_unsupported,
    sets_for="aws-sg",
    fix=repairs.repair_aws_list,
)
