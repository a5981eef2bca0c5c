"""Each format says what a host, a gateway and a server load, and that the LAN is apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.formats.samples import entry, rule_set
from tracker.formats import load
from tracker.model import LAN

DOCS = Path(__file__).parents[2] / "docs"
OF = rule_set(
    entry("192.0.2.1"),
    *(entry(LAN, ports=(445,), direction=w) for w in ("inbound", "outbound")),
)
# Who loads what, in the words of the head; of the documentation where a file takes no comment.
IN_HEADS = {
    "cisco-asa": (
        "clients and servers",
        "Add none for a G that contains _lan-",
        "below your own denies",
    ),
    "fortios": (
        "clients and servers",
        "Create none for a NAME that contains _lan-",
        "below your own denies",
    ),
    "mikrotik": (
        "machines behind this router",
        "chain=output and chain=input",
        "_lan-out and ",
    ),
    "windows": ("A workstation with the agent", "Use -Load Internet", "forwards between"),
}
IN_DOCS = {
    "FortiOS": ("clients and the servers behind it", "Create none for names with `_lan-`"),
    "PAN-OS": ("clients and the servers behind it", "Create none for names with `_lan-`"),
    "RouterOS": ("On a gateway", "as a host", "`action1-europe_lan-out`"),
    "Meraki": ("clients and the servers behind it", "The merge removes them"),
    "Cisco ASA": ("clients and the servers behind it", "none for groups with `_lan-`"),
    "Windows Defender": (
        "A host with the agent",
        "A server",
        "A gateway needs nothing from here",
    ),
    "AWS": ("client or server", "`SecurityGroupLan`", "a gateway or NAT instance never"),
    # What a version with one group more needs: its rules are in no instance's groups yet.
    "AWS: `cloudformation.json`": ("jq -r '.Outputs | keys[]'", "under another stack name"),
}


@pytest.mark.parametrize("name", IN_HEADS)
def test_the_head_says_who_loads_what(name: str) -> None:
    text = load(name).render(OF).text or ""
    head = " ".join(line.lstrip("#! ") for line in text.splitlines() if line[:1] in {"#", "!"})
    assert [words for words in IN_HEADS[name] if words not in head] == []


@pytest.mark.parametrize("name", IN_DOCS)
def test_the_documentation_says_who_loads_what(name: str) -> None:
    section = (DOCS / "firewalls.md").read_text("utf-8").partition(f"\n## {name}")[2]
    said = " ".join(section.partition("\n## ")[0].split())
    assert [words for words in IN_DOCS[name] if words not in said] == []


@pytest.mark.parametrize(
    "file",
    [
        *(
            "`mikrotik.rsc`",
            "`fortios.conf`",
            "`panos.set`",
            "`cisco-asa.txt`",
            "`windows.ps1`",
        ),
        *("`meraki.json`", "`cloudformation.json`", "`terraform.auto.tfvars.json`"),
    ],
)
def test_what_could_not_be_loaded_here_names_what_it_was_checked_against(file: str) -> None:
    section = (
        (DOCS / "firewalls.md")
        .read_text("utf-8")
        .partition("## How these files are verified")[2]
    )
    [row] = [line for line in section.splitlines() if line.startswith(f"| {file}")]
    assert all(cell.strip() for cell in row.strip("|").split("|"))
