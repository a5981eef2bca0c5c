"""Commands that add missing rules and remove stale ones, for files that no format writes.

If a command cannot name its object with certainty (a chain, a set, a rule that permits more
than the stale part), it becomes a comment that says what to do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tracker.audit.documented import LAN_SPANS, DocumentedEndpoint
from tracker.audit.parsed_config import ANY_PORT, AddressRange
from tracker.audit.readers import Repair

_SETS = re.compile(r"^create (\S+) (hash:(?:net|ip),port|hash:net|hash:ip)\b", re.MULTILINE)
_GROUP = re.compile(r'"GroupId":\s*"(sg-[0-9a-f]+)"')
_LIST = re.compile(r'"PrefixListId":\s*"(pl-[0-9a-f]+)"')


def repair_iptables(repair: Repair) -> Iterator[str]:
    """Yield `iptables -I` for each missing address, `-D` for each stale rule."""
    outbound = repair.into.upper() or "OUTPUT"
    for needed in repair.missing:
        chain, side = ("INPUT", "-s") if _is_inbound(needed) else (outbound, "-d")
        for span in _addresses_of(needed):
            service = f"-p {needed.endpoint.protocol} --dport {_format_ports(needed, ':')}"
            yield f"{_program_for(span)} -I {chain} {side} {span} {service} -j ACCEPT"
    for stale in repair.stale:
        rule, far = stale.permit.location.text, stale.permit.target
        single = rule.startswith("-A ") and not re.search("--match-set|,|…", rule)
        if single and isinstance(far, AddressRange):
            yield f"{_program_for(far)} -D {rule.removeprefix('-A ')}"
        else:
            yield f"# stale, take it out of: {rule}"


def repair_ipset(repair: Repair) -> Iterator[str]:
    """Yield `add` and `del` lines for `ipset restore -exist`."""
    with_port = [name for name, kind in _SETS.findall(repair.text) if kind.endswith("port")]
    alone = [name for name, kind in _SETS.findall(repair.text) if not kind.endswith("port")]
    for needed in repair.missing:
        service = (
            f",{needed.endpoint.protocol}:{_format_ports(needed, '-')}" if with_port else ""
        )
        names = (with_port or alone)[:1] or ["SET"]
        for span in _addresses_of(needed):
            yield f"add {names[0]} {span}{service}"
    for stale in repair.stale:
        name = stale.permit.location.text.split()[1]
        port = f",{stale.needed.endpoint.protocol}:{_format_ports(stale.needed, '-')}"
        for span in _addresses_of(stale.needed):
            yield f"del {name} {span}{port if stale.permit.ports else ''}"


def repair_aws_group(repair: Repair) -> Iterator[str]:
    """Yield `aws ec2 authorize-...` and `revoke-...` for the group that was judged."""
    group = repair.into or _find_first(_GROUP, repair.text, "sg-ID")
    for needed in repair.missing:
        for span in _addresses_of(needed):
            yield _permission_command("authorize", group, needed, span)
    for stale in repair.stale:
        if stale.permit.location.text.startswith("group "):
            for span in _addresses_of(stale.needed):
                yield _permission_command("revoke", group, stale.needed, span)
        else:
            yield f"# stale, take it out of the prefix list: {stale.permit.location.text}"


def repair_aws_list(repair: Repair) -> Iterator[str]:
    """Yield one `aws ec2 modify-managed-prefix-list` with all additions and removals."""
    name = _find_first(_LIST, repair.text, "pl-ID")
    add = [
        f"Cidr={_format_cidr(span)}" for each in repair.missing for span in _addresses_of(each)
    ]
    remove = [
        f"Cidr={_format_cidr(span)}"
        for each in repair.stale
        for span in _addresses_of(each.needed)
    ]
    ask = (
        f"aws ec2 describe-managed-prefix-lists --prefix-list-ids {name}"
        " --query 'PrefixLists[0].Version' --output text"
    )
    parts = [f"--add-entries {' '.join(dict.fromkeys(add))}"] if add else []
    parts += [f"--remove-entries {' '.join(dict.fromkeys(remove))}"] if remove else []
    yield (
        f"aws ec2 modify-managed-prefix-list --prefix-list-id {name}"
        f' --current-version "$({ask})" {" ".join(parts)}'
    )


def _permission_command(
    verb: str, group: str, needed: DocumentedEndpoint, span: AddressRange
) -> str:
    way = "ingress" if _is_inbound(needed) else "egress"
    first, last = needed.ports or (0, 65535)
    ranges, cidr = ("IpRanges", "CidrIp") if span.family == 4 else ("Ipv6Ranges", "CidrIpv6")  # noqa: PLR2004  IPv4
    permission = {
        "IpProtocol": needed.endpoint.protocol,
        "FromPort": first,
        "ToPort": last,
        ranges: [{cidr: _format_cidr(span)}],
    }
    return (
        f"aws ec2 {verb}-security-group-{way} --group-id {group}"
        f" --ip-permissions '{json.dumps([permission])}'"
    )


def _addresses_of(needed: DocumentedEndpoint) -> tuple[AddressRange, ...]:
    """Return an endpoint's addresses: all private networks for the LAN, none for a host."""
    if isinstance(needed.target, AddressRange):
        return (needed.target,)
    return LAN_SPANS if needed.target == "lan" else ()


def _format_ports(needed: DocumentedEndpoint, to: str) -> str:
    first, last = needed.ports or ANY_PORT
    return str(first) if first == last else f"{first}{to}{last}"


def _format_cidr(span: AddressRange) -> str:
    text = str(span)
    return text if "/" in text else f"{text}/{32 if span.family == 4 else 128}"  # noqa: PLR2004  IPv4


def _program_for(span: AddressRange) -> str:
    return "iptables" if span.family == 4 else "ip6tables"  # noqa: PLR2004  IPv4


def _is_inbound(needed: DocumentedEndpoint) -> bool:
    return needed.endpoint.direction == "inbound"


def _find_first(pattern: re.Pattern[str], text: str, default: str) -> str:
    found = pattern.search(text)
    return found[1] if found else default
