"""Whole exports as products write them, each with what a person reads from it.

The shapes are those of exports that people published; names and addresses are made up.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.audit.verdicts import Packet, Verdict, read, verdicts
from tests.formats.samples import entry
from tracker.audit.audit import ConfigFile

SERVER = Packet("192.0.2.1", 443)


@dataclass(frozen=True)
class Export:
    """One export, how it is read, and what is said of the server on tcp/443."""

    name: str
    kind: str
    text: str
    verdict: Verdict


FORTIGATE = """#config-version=FGVM64-7.6.3-FW-build3510-250401:opmode=0:vdom=0:user=admin
#conf_file_ver=1234567890
config system global
    set hostname "lab"
end
config system ike
end
config system automation-stitch
    edit "Reboot"
        set status disable
        config actions
            edit 1
                set action "Email Notification"
            next
        end
    next
end
config dpdk global
    set protects ''
end
config firewall address
    edit "EMS_ALL_UNKNOWN_CLIENTS"
        set uuid 11111111-2222-51f1-0000-000000000001
        set type dynamic
        set sub-type ems-tag
        set dirty clean
    next
    edit "web"
        set subnet 10.12.48.130 255.255.255.255
    next
end
config firewall vip
    edit "web-8443"
        set extip 198.51.100.10
        set mappedip "10.12.48.130"
        set extintf "port1"
        set portforward enable
    next
end
config waf profile
    edit "default"
        config signature
            config main-class 100000000
                set action block
            end
        end
    next
end
config firewall policy
    edit 3
        set name "no database"
        set srcintf "users"
        set dstintf "servers"
        set srcaddr "all"
        set dstaddr "web"
        set schedule "always"
        set service "ALL"
        set logtraffic all
    next
    edit 1
        set name "users to web"
        set srcintf "users"
        set dstintf "servers"
        set action accept
        set srcaddr "all"
        set dstaddr "web"
        set schedule "always"
        set service "HTTPS"
    next
    edit 2
        set name "published"
        set srcintf "port1"
        set dstintf "servers"
        set action accept
        set srcaddr "all"
        set dstaddr "web-8443"
        set schedule "always"
        set service "ALL"
    next
end
config firewall local-in-policy
    edit 1
        set intf "any"
        set internet-service-src enable
        set internet-service-src-name "Tor-Exit.Node"
        set service "ALL"
        set schedule "always"
    next
end
"""
SHOWN_POLICY = """config firewall security-policy
    edit 1
        set uuid 11111111-2222-51ed-0000-000000000002
        set name "Connection_to_VPN"
        set srcintf "port2"
        set dstintf "to_cloud"
        set srcaddr "all"
        set dstaddr "all"
        set action accept
        set schedule "always"
        set logtraffic all
        set av-profile "default"
    next
end
"""


def panos(rules: str, more: str = "") -> str:
    """The configuration that a firewall starts with, and its rules."""
    return f"""<?xml version="1.0"?>
<config version="10.1.0" urldb="paloaltonetworks">
  <mgt-config><users><entry name="admin"><phash>x</phash></entry></users></mgt-config>
  <shared><application/><service/><botnet><report><topn>100</topn></report></botnet></shared>
  <devices><entry name="localhost.localdomain">
    <network><profiles><monitor-profile><entry name="default"><interval>3</interval></entry>
    </monitor-profile></profiles></network>
    <deviceconfig><system><hostname>fw</hostname></system></deviceconfig>
    <vsys><entry name="vsys1">
      <application/><zone><entry name="LAN"/><entry name="WAN"/></zone><schedule/>
      <rulebase>{rules}<nat><rules><entry name="out"><to><member>WAN</member></to></entry>
      </rules></nat></rulebase>{more}
    </entry></vsys>
  </entry></devices>
</config>
"""


def pan_rule(name: str, came_from: str, to: str, action: str, hip: str = "source-hip") -> str:
    keys = ("source", "destination", "source-user", "category", "application", "service", hip)
    both = "".join(f"<{key}><member>any</member></{key}>" for key in keys)
    return (
        f'<entry name="{name}" uuid="11111111-2222-4000-8000-000000000003">'
        f"<to><member>{to}</member></to><from><member>{came_from}</member></from>{both}"
        f"<action>{action}</action></entry>"
    )


def security(*rules: str) -> str:
    return f"<security><rules>{''.join(rules)}</rules></security>"


LAN_ONLY = security(pan_rule("in", "LAN", "LAN", "allow"), pan_rule("no", "any", "any", "deny"))
LAN_AND_OUT = security(
    pan_rule("LAN-to-LAN", "LAN", "LAN", "allow"),
    pan_rule("Allow-Internet", "LAN", "WAN", "allow"),
    pan_rule("Catch-All", "any", "any", "deny"),
)
SCRIPT = """configure
set deviceconfig system permitted-ip 127.0.0.1
delete rulebase security rules any2any
set address Private1 ip-range 10.0.0.0-10.255.255.255
set rulebase security rules DNS action allow from any to any source any destination 9.9.9.9
set rulebase security rules DNS application dns service application-default
set rulebase security rules NoPrivate action deny from LAN to External source any
set rulebase security rules NoPrivate destination Private1
set rulebase security rules NoPrivate application any service any
set rulebase security rules Web action allow from LAN to External source any destination any
set rulebase security rules Web profile-setting profiles spyware strict virus default
set rulebase security rules Web application [ ssl web-browsing ] service application-default
"""


def opnsense(rules: str, newer: str = "") -> str:
    return f"""<?xml version="1.0"?>
<opnsense>
  <trigger_initial_wizard/>
  <system><hostname>OPNsense</hostname></system>
  <interfaces>
    <wan><enable>1</enable><if>em0</if><ipaddr>dhcp</ipaddr><blockpriv>1</blockpriv></wan>
    <lan><enable>1</enable><if>em1</if><ipaddr>192.168.1.1</ipaddr><subnet>24</subnet></lan>
  </interfaces>
  <filter>{rules}</filter>
  <OPNsense><Firewall><Filter><rules>{newer}</rules></Filter></Firewall></OPNsense>
</opnsense>
"""


FIRST_START = "".join(
    f"<rule><type>pass</type><ipprotocol>{family}</ipprotocol><interface>lan</interface>"
    "<descr><![CDATA[Default allow LAN to any rule]]></descr>"
    "<source><network>lan</network></source><destination><any/></destination></rule>"
    for family in ("inet", "inet6")
)
SSH_ALONE = (
    "<rule><enabled>1</enabled><statetype>keep</statetype><sequence>1</sequence>"
    "<action>pass</action><quick>1</quick><interface>wan</interface><direction>in</direction>"
    "<ipprotocol>inet</ipprotocol><protocol>tcp</protocol><source_net>198.51.100.0/24</source_net>"
    "<destination_net>wanip</destination_net><destination_port>22</destination_port></rule>"
)


def pf_rule(interface: str, ends: str, more: str = "", kind: str = "pass") -> str:
    empty = "".join(f"<{key}></{key}>" for key in ("id", "tag", "tagged", "max", "os"))
    return (
        f"<rule>{empty}<tracker>0100000101</tracker><type>{kind}</type>"
        f"<interface>{interface}</interface><ipprotocol>inet</ipprotocol>"
        f"<statetype><![CDATA[keep state]]></statetype><protocol>tcp/udp</protocol>{ends}{more}"
        "<created><time>1</time></created></rule>"
    )


def pfsense(*rules: str) -> str:
    interfaces = (
        "<wan><if>em0</if><ipaddr>dhcp</ipaddr></wan>"
        "<opt1><if>em2</if><ipaddr>10.2.0.1</ipaddr><subnet>16</subnet></opt1>"
    )
    return (
        f'<?xml version="1.0"?><pfsense><version>22.2</version><system/>'
        f"<interfaces>{interfaces}"
        f"</interfaces><filter>{''.join(rules)}<separator><opt1></opt1></separator></filter>"
        "<aliases><alias><name>private</name><type>network</type><address>10.0.0.0/8</address>"
        "<descr/></alias></aliases></pfsense>"
    )


OUT = (
    "<source><network>opt1</network></source>"
    "<destination><any></any><port>443</port></destination>"
)
TO_SELF = (
    "<source><network>opt1</network></source>"
    "<destination><network>opt1ip</network><port>123</port></destination>"
)
PUBLISHED = "<source><any></any></source><destination><address>{}</address></destination>"
SG = """{{"SecurityGroups": [{{"Description": "of the documentation", "GroupName": "Int2Public",
"IpPermissions": [{{"FromPort": 22, "IpProtocol": "tcp",
"IpRanges": [{{"CidrIp": "0.0.0.0/0"}}], "Ipv6Ranges": [], "PrefixListIds": [],
"ToPort": 22, "UserIdGroupPairs": []}}],
"OwnerId": "123456789012", "GroupId": "sg-0123456789abcdef0", "IpPermissionsEgress": [{egress}],
"VpcId": "vpc-0123456789abcdef0", "Tags": []}}]}}"""
DEFAULT = """{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [],
"PrefixListIds": [], "UserIdGroupPairs": []}"""
EXPORTS = [
    Export("a lab between two networks", "fortios", FORTIGATE, "closed"),
    Export("one shown security policy", "fortios", SHOWN_POLICY, "not understood"),
    Export("a first configuration", "panos", panos(""), "closed"),
    Export(
        "everything allowed",
        "panos",
        panos(security(pan_rule("policy1", "any", "any", "allow", "hip-profiles"))),
        "open",
    ),
    Export("a zone and the internet", "panos", panos(LAN_AND_OUT), "open"),
    Export("within a zone alone", "panos", panos(LAN_ONLY), "closed"),
    Export("a script of applications", "panos", SCRIPT, "open"),
    Export("its first start", "opnsense", opnsense(FIRST_START), "open"),
    Export("ssh alone, in newer rules", "opnsense", opnsense("", SSH_ALONE), "closed"),
    Export(
        "rules that are all off",
        "pfsense",
        pfsense(pf_rule("opt1", OUT, "<disabled></disabled>"), pf_rule("opt1", TO_SELF)),
        "closed",
    ),
    Export(
        "a rule out", "pfsense", pfsense(pf_rule("opt1", TO_SELF), pf_rule("opt1", OUT)), "open"
    ),
    Export(
        "published servers alone",
        "pfsense",
        pfsense(
            *(
                pf_rule(
                    "wan",
                    PUBLISHED.format(f"10.2.0.{n}"),
                    "<associated-rule-id>nat_1</associated-rule-id>",
                )
                for n in range(3)
            )
        ),
        "closed",
    ),
    Export("a new group", "aws-sg", SG.format(egress=DEFAULT), "open"),
    Export("a group that lets nothing out", "aws-sg", SG.format(egress=""), "closed"),
]


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: f"{export.kind}: {export.name}")
def test_an_export_is_judged_as_a_person_reads_it(export: Export) -> None:
    found = read([entry("192.0.2.1")], ConfigFile("fw", export.text))
    assert found.files[0].kind == export.kind
    assert verdicts(found, [SERVER]) == {SERVER: export.verdict}
    assert found.judged
