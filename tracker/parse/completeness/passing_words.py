"""Words around a value that say what it is not: a requirement of the page.

Closed lists, by meaning: what makes a running sentence, what is typed at a prompt, and whose
address or which other number is meant.
"""

from __future__ import annotations

import re

# Words between values that are no label by themselves.
FILLERS = frozenset(
    "and or to on over via from between through both only protocol outbound inbound".split()
)
_SENTENCE = (
    "a an the this that these those it its we us our you your they their he she i is are was"
    " were be been being has have had do does did can could may might must shall should will"
    " would not never no if when where while which who what because so then than as but with"
    " without to from on over via by at into through please allow permit open add use using"
    " see visit contact go ping run try replace replaces replaced whitelist allowlist block"
    " deny set enter type configure connect connects ensure check make download click log sign"
    " added removed changed moved updated resolve resolves reach reaches tell read learn call"
    " example e.g sample"
)
SENTENCE_WORDS = frozenset(_SENTENCE.split())
_COMMANDS = (
    "curl wget telnet nc ncat netcat nslookup dig ping ping6 tracert traceroute mtr ssh scp"
    " sftp ftp openssl iptables ip6tables nft netsh ufw firewall-cmd msiexec export set setx"
    " sudo apt apt-get yum dnf docker kubectl git npm pip echo powershell pwsh ip GET POST PUT"
    " DELETE PATCH HEAD CONNECT Test-NetConnection tnc Invoke-WebRequest New-NetFirewallRule"
    " Resolve-DnsName Test-Connection"
)
COMMANDS = frozenset(_COMMANDS.split())  # as they are written

# Words right before four-part numbers and the like that are no addresses.
OTHER_NUMBERS = re.compile(
    r"v|versions?|builds?|releases?|firmware|driver|hotfix|patch|revision|price|section|chapter"
    r"|oid|phone|tel|telephone|fax|mobile|hotline|serial|no|nr",
    re.IGNORECASE,
)
# What stands before a host that is there to be visited.
CONTACTS = re.compile(
    r"(?:our |visit |for )?(?:web ?sites?|web|home ?page|blog|twitter|facebook|linkedin"
    r"|youtube|github|source|copyright|author|publisher|posted by|written by|see|see also"
    r"|read more|more|more information|learn more|further reading|example|for example|e\.g)",
    re.IGNORECASE,
)
COPYRIGHT = re.compile(r"©|\bcopyright\b|\ball rights reserved\b", re.IGNORECASE)
# A heading or column over numbers that are versions.
VERSIONS = re.compile(
    r"\b(?:versions?|builds?|releases?|firmware|hotfix(?:es)?|revisions?)"
    r"(?: (?:history|notes?|numbers?|log|info(?:rmation)?|date))?[\W\d]*$",
    re.IGNORECASE,
)

_VALUE = r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}:[0-9a-f:.]*:[0-9a-f:.]*)"
_IS = (
    r"(?:\W|\b(?:is|was|are|as|appears?|seems?|to|be|being|currently|now|detected|shown"
    r"|address|addresses|ip|ipv4|ipv6|v4|v6|public|internet)\b)*"
)
_WHICH = (
    r"(?:(?:current|public|external|own|internet|detected|visible|real|remote|outgoing|wan|ip"
    r"|ipv4|ipv6) ){0,3}"
)
_OWN = (
    rf"\b(?:your|my|visitor'?s?|detected) {_WHICH}(?:ip|ipv4|ipv6|address|connection)\b"
    r"|\byou(?:'re| are) (?:[\w-]+ ){0,3}?(?:visiting|connecting|connected"
    r"|browsing|coming|accessing|viewing|surfing|logged in)(?: [\w-]+){0,4}? (?:from|via|with"
    r"|as|by)\b|\bwe (?:see|detected|saw|recorded|logged) (?:you|your)\b(?: [\w-]+){0,3}"
)
_READER = re.compile(rf"(?:{_OWN}){_IS}{_VALUE}", re.IGNORECASE)
_READER_BEHIND = re.compile(
    rf"^{_VALUE}\W+(?:(?:is|this is) )?your (?:[\w-]+ ){{0,3}}?(?:ip|address)\b", re.IGNORECASE
)
_READER_LABEL = re.compile(rf"(?:[\w ]{{0,30}}\W)?(?:{_OWN}){_IS}", re.IGNORECASE)
_MAY_NAME_READER = re.compile(r"\b(?:you|my|visitor|detected)", re.IGNORECASE)
_LONGEST = 300  # what a page says of its reader is short


def without_reader(text: str) -> str:
    """The line without the address of its reader: that is another one at each visit."""
    if len(text) > _LONGEST or not _MAY_NAME_READER.search(text):
        return text
    return _READER.sub(" ", _READER_BEHIND.sub(" ", text)).strip()


def is_label_of_reader(text: str) -> bool:
    """Whether the line is nothing but the label of the reader's own address."""
    return len(text) <= _LONGEST and _READER_LABEL.fullmatch(text) is not None
