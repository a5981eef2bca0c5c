"""Backups of pfSense and OPNsense: rules by interface, aliases, what is not understood."""

from __future__ import annotations

import pytest

from tests.audit.verdicts import read
from tests.formats.samples import entry
from tracker.audit.audit import ConfigFile
from tracker.audit.parsed_config import ConfigParseError, ReadOptions
from tracker.audit.report import AuditReport

SERVER = [entry("192.0.2.1")]
GONE = ["outbound 192.0.2.1 tcp/443"]
INTERFACES = (
    "<interfaces><wan><if>em0</if><ipaddr>dhcp</ipaddr></wan>"
    "<lan><if>em1</if><ipaddr>10.1.0.1</ipaddr><subnet>16</subnet></lan>"
    "<opt1><if>em2</if><ipaddr>10.2.0.1</ipaddr><subnet>16</subnet></opt1></interfaces>"
)


def alias(name: str, kind: str, *values: str, product: str = "pfsense") -> str:
    if product == "pfsense":
        inner = f"<address>{' '.join(values)}</address><descr/>"
    else:
        inner = "<content>{}</content><enabled>1</enabled><description/>".format(
            "\n".join(values)
        )
    return f"<alias uuid='0b2f9f7a'><name>{name}</name><type>{kind}</type>{inner}</alias>"


def rule(
    *more: str, to: str = "<address>vendor</address><port>443</port>", **changes: str
) -> str:
    """A rule of the interface that lets the vendor through; a change replaces a setting."""
    said = {
        "type": "pass",
        "interface": "lan",
        "ipprotocol": "inet",
        "protocol": "tcp",
        "source": "<network>lan</network>",
        "destination": to,
        "descr": "<![CDATA[to the vendor]]>",
        **changes,
    }
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in said.items())
    return f"<rule>{inner}{''.join(more)}</rule>"


def backup(*rules: str, product: str = "pfsense", aliases: str = "", more: str = "") -> str:
    vendor = alias("vendor", "host", "192.0.2.1", product=product)
    every = f"<aliases>{vendor}{aliases}</aliases>"
    if product == "opnsense":
        every = f"<OPNsense><Firewall><Alias>{every}</Alias></Firewall></OPNsense>"
    return (
        f'<?xml version="1.0"?>\n<{product}><system/>{INTERFACES}{more}'
        f"<filter>{''.join(rules)}</filter>{every}</{product}>"
    )


def report(text: str, kind: str | None = None, entries=SERVER, **options: str) -> AuditReport:
    file = ConfigFile("config.xml", text, kind)
    return read(entries, file, options=ReadOptions(**options))


def missing(found: AuditReport) -> list[str]:
    return [each.endpoint for each in found.findings if each.kind == "missing"]


both = pytest.mark.parametrize("product", ["pfsense", "opnsense"])
DENY = rule(type="block", to="<any/>", protocol="any")
ALL = rule(to="<any/>", protocol="any")


@both
def test_rules_decide_in_a_whole_backup(product: str) -> None:
    found = report(backup(rule(), product=product))
    assert (found.files[0].kind, missing(found), found.not_read) == (product, [], ())
    assert found.judged[0].what == "policies from lan to any"
    assert missing(report(backup(DENY, rule(), product=product))) == GONE
    assert missing(report(backup(rule(), DENY, product=product))) == []
    assert missing(report(backup(rule("<disabled/>"), product=product))) == GONE


@both
def test_a_backup_without_rules_lets_nothing_through(product: str) -> None:
    found = report(backup(product=product))
    assert missing(found) == GONE
    assert found.judged[0].why == "there are none: nothing gets through"


def test_aliases_alone_are_taken_as_let_through() -> None:
    found = report(f"<aliases>{alias('vendor', 'host', '192.0.2.1')}</aliases>")
    assert missing(found) == []
    assert "no policy in this file" in found.judged[0].why


@both
def test_an_alias_of_aliases_has_their_members(product: str) -> None:
    kind = "host" if product == "pfsense" else "networkgroup"
    groups = alias("group", kind, "vendor", product=product)
    groups += alias("groups", kind, "group", "others", product=product)
    groups += alias("others", "network", "198.51.100.0/24", product=product)
    groups += alias("ports", "port", "80", "443:450", product=product)
    to = "<address>groups</address><port>ports</port>"
    found = report(backup(rule(to=to), product=product, aliases=groups))
    assert (missing(found), found.not_read) == ([], ())


NARROWING = [
    "<sched>nights</sched>",
    "<tagged>x</tagged>",
    "<os>Windows</os>",
    "<dscp>af11</dscp>",
    "<max-src-conn>5</max-src-conn>",
    "<a-key-of-a-later-release>1</a-key-of-a-later-release>",
    "<destination><not/><network>lan</network></destination>",
    "<source><not>1</not><address>10.9.0.0/16</address></source>",
    "<source><any/><port>5000</port></source>",
    "<destination><address>filled</address></destination>",
    "<destination><address>of_another_file</address></destination>",
    "<destination><network>wan</network></destination>",
]


@both
@pytest.mark.parametrize("key", NARROWING)
def test_what_narrows_a_rule_and_is_not_known_takes_it_out(product: str, key: str) -> None:
    filled = alias("filled", "urltable", "https://lists.example.com/", product=product)
    found = report(backup(rule(key), product=product, aliases=filled))
    assert missing(found) == GONE
    [line] = found.not_read
    assert line.text == "rule to the vendor"


@pytest.mark.parametrize("key", NARROWING)
def test_a_block_that_is_not_understood_may_stop_what_stands_below(key: str) -> None:
    filled = alias("filled", "urltable", "https://lists.example.com/")
    found = report(backup(rule(key, type="block"), rule(), aliases=filled))
    assert missing(found) == []
    [doubt] = found.not_compared
    assert "may stop it" in doubt.reason


def test_keys_that_change_nothing_are_no_noise() -> None:
    usual = (
        "<id></id><tracker>0100000101</tracker><tag></tag><tagged></tagged><max></max>"
        "<max-src-nodes></max-src-nodes><statetimeout></statetimeout><os></os>"
        "<statetype><![CDATA[keep state]]></statetype><log></log><gateway>WAN2</gateway>"
        "<created><time>1</time></created><updated><time>2</time></updated>"
    )
    found = report(backup(rule(usual)))
    assert (missing(found), found.not_read, found.notes) == ([], (), ())


def test_rules_of_two_interfaces_do_not_add_up() -> None:
    two = [entry("192.0.2.1"), entry("192.0.2.2")]
    other = rule(to="<address>192.0.2.2</address>", interface="opt1")
    other = other.replace("<network>lan", "<network>opt1")
    text = backup(rule(), rule(), other)
    assert missing(report(text, entries=two)) == ["outbound 192.0.2.2 tcp/443"]
    found = report(text, entries=two, chain="opt1>any")
    assert missing(found) == ["outbound 192.0.2.1 tcp/443"]
    with pytest.raises(ConfigParseError, match="there are: lan>any, opt1>any"):
        report(text, chain="dmz>any")


@both
def test_floating_rules_stand_before_those_of_an_interface(product: str) -> None:
    quick = "<floating>yes</floating><quick>yes</quick><direction>any</direction>"
    late = quick.replace("<quick>yes</quick>", "")
    every = {"interface": "lan,opt1", "source": "<any/>"}
    first = rule(quick, type="block", **every)
    assert missing(report(backup(rule(), first, product=product))) == GONE
    last = rule(late, type="block", **every)
    assert missing(report(backup(rule(), last, product=product))) == []
    # Of those without "quick" the last decides.
    allow = rule(late, **every)
    elsewhere = rule(to="<address>192.0.2.9</address>")
    assert missing(report(backup(elsewhere, last, allow, product=product))) == []
    assert missing(report(backup(elsewhere, allow, last, product=product))) == GONE


def test_a_group_of_interfaces_stands_for_its_members() -> None:
    groups = (
        "<ifgroups><ifgroupentry><ifname>INSIDE</ifname><members>lan opt1</members>"
        "</ifgroupentry></ifgroups>"
    )
    inside = rule(interface="INSIDE", source="<any/>", type="block", to="<any/>")
    assert missing(report(backup(rule(), inside, more=groups))) == GONE


def test_a_block_of_what_goes_out_may_stop_it() -> None:
    out = "<floating>yes</floating><quick>yes</quick><direction>out</direction>"
    block = rule(out, type="block", interface="wan", source="<any/>")
    found = report(backup(rule(), block))
    assert missing(found) == []
    assert "direction out" in found.not_compared[0].reason


def newer(number: int, action: str, net: str = "vendor", **changes: str) -> str:
    said = {
        "enabled": "1",
        "statetype": "keep",
        "sequence": str(number),
        "action": action,
        "quick": "1",
        "interfacenot": "0",
        "interface": "lan",
        "direction": "in",
        "ipprotocol": "inet",
        "protocol": "TCP",
        "source_net": "lan",
        "source_not": "0",
        "source_port": "",
        "destination_net": net,
        "destination_not": "0",
        "destination_port": "80,443",
        "description": "",
        **changes,
    }
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in said.items())
    return f'<rule uuid="0b2f9f7a-{number}">{inner}</rule>'


def with_newer(*rules: str) -> str:
    table = f"<Filter><rules>{''.join(rules)}</rules></Filter>"
    more = f"<OPNsense><Firewall>{table}</Firewall></OPNsense>"
    return backup(product="opnsense", more=more)


def test_newer_rules_of_opnsense_are_read_in_their_sequence() -> None:
    found = report(with_newer(newer(1, "pass")))
    assert (missing(found), found.not_read) == ([], ())
    assert missing(report(with_newer(newer(2, "pass"), newer(1, "block", "any")))) == GONE
    assert missing(report(with_newer(newer(1, "pass", enabled="0")))) == GONE
    assert missing(report(with_newer(newer(1, "pass", destination_not="1")))) == GONE
    assert missing(report(with_newer(newer(1, "pass", "192.0.2.9,192.0.2.1")))) == []


def test_a_backup_of_the_other_product_is_refused_by_its_name() -> None:
    with pytest.raises(ConfigParseError, match="looks like opnsense, not pfsense"):
        report(backup(rule(), product="opnsense"), "pfsense")
    with pytest.raises(ConfigParseError, match="looks like pfsense, not opnsense"):
        report(backup(rule()), "opnsense")


def test_ipv6_that_the_system_may_not_allow_is_not_compared() -> None:
    six = [entry("2001:db8::1")]
    everything = rule(ipprotocol="inet46", to="<any/>")
    found = report(backup(everything), entries=six)
    assert missing(found) == []
    assert "ipv6allow is not set" in found.not_compared[0].reason
    allowed = backup(everything).replace("<system/>", "<system><ipv6allow/></system>")
    assert report(allowed, entries=six).not_compared == ()


def test_a_name_in_an_alias_is_that_host() -> None:
    hosts = alias("names", "host", "a.example.com")
    found = report(
        backup(rule(to="<address>names</address><port>443</port>"), aliases=hosts),
        entries=[entry("a.example.com")],
    )
    assert missing(found) == []
