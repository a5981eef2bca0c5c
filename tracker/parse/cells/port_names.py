"""The words that a port cell may hold: names of services, and words that fill.

A closed list. A word that is not in it refuses the cell: "WAS", "OLD" or "BIT" in capitals
looks like a service's name and turns the meaning around.
"""

from __future__ import annotations

from typing import Final

from tracker.model import Protocol

# IANA's service name and port number registry; the transport that firewalls mean by the name.
# Only for these is the name enough to tell the port, and the bare port to tell the protocol.
KNOWN: Final[dict[str, tuple[Protocol, int]]] = {
    "HTTP": ("tcp", 80),
    "HTTPS": ("tcp", 443),
    "SSH": ("tcp", 22),
    "DNS": ("udp", 53),
    "NTP": ("udp", 123),
    "SMTP": ("tcp", 25),
    "LDAP": ("tcp", 389),
    "LDAPS": ("tcp", 636),
    "SMB": ("tcp", 445),
    "RDP": ("tcp", 3389),
}
# These run over both; a page that says the other protocol does not contradict itself.
_OVER_BOTH = frozenset(["DNS", "LDAP", "RDP"])

# Services of which the protocol is certain, but of which each vendor has its own ports.
_TCP = (
    "ADWS AMQP AMQPS BGP FTP FTPS GRPC IMAP IMAPS IPP KAFKA MONGODB MQTT MQTTS MYSQL"
    " NETBIOS-SSN POP3 POP3S POSTGRESQL PPTP REDIS RTMP RTMPS SCP SFTP SIPS SMTPS SOCKS SOCKS5"
    " TELNET VNC WEBSOCKET WEBSOCKETS WINRM WS WSS XMPP"
)
_UDP = (
    "BOOTP DHCP DHCPV6 IKE IKEV2 ISAKMP L2TP LLMNR MDNS NETBIOS-DGM NETBIOS-NS SNMP"
    " SNMPV3 SSDP TFTP WIREGUARD"
)
# Services that run over both, that are a family, or that often stand for a second protocol
# beside one on the same port (QUIC): the name tells nothing but itself.
_NAMES_ONLY = (
    "CIFS DCOM DTLS ICE IPSEC KERBEROS KMS MS-RPC MSRPC MSSQL NETBIOS NFS OPENVPN QUIC RADIUS"
    " RADSEC RPC"
    " RTCP RTP RTSP SIP SRTP STUN STUNS SYSLOG TACACS TURN TURNS WMI"
)
# Names that are English words as well, unless they stand in capitals.
_CAPITALS = frozenset(["ICE", "KMS", "SCP", "SIP", "SOCKS", "STUN", "TURN", "WS"])

_PROTOCOLS: Final[dict[str, Protocol | None]] = {
    **dict.fromkeys(_NAMES_ONLY.split()),
    **dict.fromkeys(_TCP.split(), "tcp"),
    **dict.fromkeys(_UDP.split(), "udp"),
    **{name: protocol for name, (protocol, _) in KNOWN.items()},
}
# Where a service has a port of one or two digits. Another such number beside its name is the
# version ("SMB 3"), a footnote or the number of a list.
_LOW_PORTS: Final[dict[str, tuple[int, ...]]] = {
    "BOOTP": (67, 68),
    "DHCP": (67, 68),
    "FTP": (20, 21),
    "KERBEROS": (88,),
    "SCP": (22,),
    "SFTP": (22,),
    "TACACS": (49,),
    "TELNET": (23,),
    "TFTP": (69,),
}
_BY_PORT: Final[dict[int, Protocol]] = {port: protocol for protocol, port in KNOWN.values()}

# Filling words. What each may stand beside is for `port_parts` to judge.
PORTS: Final = frozenset(["port", "ports", "port(s)"])
RANGE: Final = frozenset(["range", "ranges"])
BOUNDS: Final = frozenset(["between", "from"])  # a range follows
OVER: Final = frozenset(["over"])  # a protocol follows: "over 1024" would be more than 1024
LINKS: Final = frozenset(["over", "via", "using", "on", "in"])  # two ports are never linked
LOOSE: Final = frozenset(
    ["randomly", "allocated", "high", "dynamic", "dynamically", "assigned", "ephemeral"]
)  # they tell of a range
FILLERS: Final = PORTS | RANGE | BOUNDS | LINKS | LOOSE | {"the"}


def find_service_name(word: str) -> str | None:
    """Return the name of the service that `word` is, in capitals; None for another word."""
    name = word.upper()
    if name not in _PROTOCOLS or (name in _CAPITALS and word != name):
        return None
    return name


def protocol_of_name(name: str | None) -> Protocol | None:
    """Return the protocol that the service's name alone tells, if it tells one."""
    return _PROTOCOLS.get(name or "")


def protocol_of_port(port: int) -> Protocol | None:
    """Return the protocol of a well-known port that stands without a word."""
    return _BY_PORT.get(port)


def port_of_name(name: str | None) -> int | None:
    """Return the port that the service's name alone tells, if it tells one."""
    known = KNOWN.get(name or "")
    return known[1] if known else None


def is_port_of(port: int, name: str | None) -> bool:
    """Whether the port is one that the service has by registration; any service for None."""
    if name is None:
        return port in _BY_PORT or any(port in ports for ports in _LOW_PORTS.values())
    return port == port_of_name(name) or port in _LOW_PORTS.get(name, ())


def contradicts(name: str | None, protocols: tuple[Protocol, ...]) -> bool:
    """Whether the service's name tells a protocol that is not among `protocols`."""
    known = protocol_of_name(name)
    return known is not None and known not in protocols and name not in _OVER_BOTH
