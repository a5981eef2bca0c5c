"""The keys of FortiOS that the reader understands; all others make a policy or object unknown.

Fortinet, "FortiOS 8.0 CLI reference" (config firewall policy, security-policy, address,
addrgrp, service custom), and names of older releases.
"""

from __future__ import annotations

from collections.abc import Mapping

# The match conditions and actions of a policy, which the reader evaluates.
_EVALUATED = {
    *("status", "action", "name", "srcintf", "dstintf", "service", "schedule"),
    *("srcaddr", "dstaddr", "srcaddr4", "dstaddr4", "srcaddr6", "dstaddr6"),
}
# Inspection of traffic that a policy allows.
PROFILES = frozenset(
    (
        *("application-list", "av-profile", "casb-profile", "diameter-filter-profile"),
        *("dlp-profile", "dlp-sensor", "dnsfilter-profile", "emailfilter-profile"),
        *("file-filter-profile", "icap-profile", "ips-sensor", "ips-voip-filter"),
        *("llm-profile", "profile-group", "sctp-filter-profile", "spamfilter-profile"),
        *("ssh-filter-profile", "videofilter-profile", "virtual-patch-profile"),
        *("voip-profile", "waf-profile", "webfilter-profile"),
    )
)
# Keys that do not affect whether a connection is allowed: names, logs, address translation,
# shaping, timers.
_NEUTRAL = {
    *PROFILES,
    *("uuid", "comments", "label", "global-label", "custom-tags", "uuid-idx"),
    *("logtraffic", "logtraffic-start", "log-http-transaction", "custom-log-fields"),
    *("capture-packet", "app-monitor", "telemetry-profile", "replacemsg-override-group"),
    *("nat", "ippool", "poolname", "poolname6", "fixedport", "natip", "port-preserve"),
    *("port-random", "permit-any-host", "permit-stun-host", "cgn-log-server-grp"),
    *("cgn-session-quota", "cgn-resource-quota", "cgn-eif", "cgn-eim", "cgn-sw-eif-ctrl"),
    *("pcp-inbound", "pcp-outbound", "pcp-poolname", "match-vip", "rtp-nat", "rtp-addr"),
    *("utm-status", "inspection-mode", "profile-type", "profile-protocol-options"),
    *("ssl-ssh-profile", "ssl-mirror", "ssl-mirror-intf", "decrypted-traffic-mirror"),
    *("dsri", "traffic-shaper", "traffic-shaper-reverse", "per-ip-shaper"),
    *("dynamic-shaping", "diffserv-copy", "diffserv-forward", "diffserv-reverse"),
    *("diffservcode-forward", "diffservcode-rev", "vlan-cos-fwd", "vlan-cos-rev"),
    *("anti-replay", "auto-asic-offload", "np-acceleration", "delay-tcp-npu-session"),
    *("fec", "tcp-mss-sender", "tcp-mss-receiver", "tcp-session-without-syn"),
    *("tcp-timeout-pid", "udp-timeout-pid", "timeout-send-rst", "session-ttl"),
    *("schedule-timeout", "firewall-session-dirty", "send-deny-packet"),
    *("block-notification", "passive-wan-health-measurement", "geoip-anycast"),
    *("geoip-match", "reputation-direction", "reputation-direction6", "tos"),
    *("wanopt-detection", "wanopt-passive-opt", "wanopt-peer", "wanopt-profile"),
    *("webproxy-profile", "wsso", "rsso", "fsso", "fsso-agent-for-ntlm"),
    *("ntlm-guest", "ntlm-enabled-browsers", "captive-portal-exempt", "auth-cert"),
    *("auth-redirect-addr", "redirect-url", "radius-mac-auth-bypass"),
    *("radius-ip-auth-bypass", "ssh-policy-redirect", "ztna-tags-match-logic"),
    *("policy-expiry-date", "policy-expiry-date-utc", "inbound", "outbound"),
    *("natinbound", "natoutbound", "enforce-default-app-port", "scan-botnet-connections"),
}
# Values with which a key narrows nothing; with any other the policy is not understood.
_HARMLESS: dict[str, set[str]] = {
    "action": {"accept", "deny"},
    "schedule": {"always"},
    "tos-mask": {"0x00", "0"},
    "reputation-minimum": {"0"},
    "reputation-minimum6": {"0"},
    "http-policy-redirect": {"disable"},
    "learning-mode": {"disable"},
}
_ADDRESS_KEYS = {
    *("uuid", "type", "sub-type", "subnet", "start-ip", "end-ip", "fqdn", "ip6", "country"),
    *("comment", "color", "associated-interface", "allow-routing", "visibility", "cache-ttl"),
    *("clearpass-spt", "fabric-object", "interface", "host-type", "host", "template"),
    *(
        "dirty",
        "obj-tag",
        "obj-type",
        "tag-type",
        "tag-detection-level",
        "passive-fqdn-learning",
    ),
    *("epg-name", "sdn", "wildcard", "wildcard-fqdn", "macaddr", "route-tag", "filter"),
}
_SERVICE_KEYS = {
    *("uuid", "protocol", "protocol-number", "tcp-portrange", "udp-portrange", "comment"),
    *("sctp-portrange", "udplite-portrange", "icmptype", "icmpcode", "category", "color"),
    *("visibility", "fabric-object", "helper", "proxy", "session-ttl", "udp-idle-timer"),
    *("tcp-halfclose-timer", "tcp-halfopen-timer", "tcp-timewait-timer", "tcp-rst-timer"),
    *("check-reset-range", "global-label"),
}
_HARMLESS_SERVICE_KEYS = {
    "iprange": {"0.0.0.0"},  # noqa: S104  no address to bind to
    "app-service-type": {"disable"},
    "explicit-proxy": {"disable"},
}
_DISABLED = {"", "disable", "none"}

Settings = Mapping[str, list[str]]


def find_unknown(settings: Settings) -> str:
    """Return the part of a policy that is not understood; empty if all of it is."""
    return _first_unknown(settings, _EVALUATED - _HARMLESS.keys() | _NEUTRAL, _HARMLESS)


def is_negated(settings: Settings) -> bool:
    """Return whether a policy is for everything but what it names."""
    return any(
        key.endswith("-negate") and not set(values) <= _DISABLED
        for key, values in settings.items()
    )


def find_unknown_of_address(settings: Settings) -> str:
    """Return the part of an address that is not understood; empty if all of it is."""
    return _first_unknown(settings, _ADDRESS_KEYS, {})


def find_unknown_of_service(settings: Settings) -> str:
    """Return the part of a service that is not understood; empty if all of it is."""
    return _first_unknown(settings, _SERVICE_KEYS, _HARMLESS_SERVICE_KEYS)


def _first_unknown(settings: Settings, known: set[str], harmless: dict[str, set[str]]) -> str:
    for key, values in settings.items():
        if key in known:
            continue
        if not set(values) <= harmless.get(key, _DISABLED):
            return f"{key} {' '.join(values)} is not understood"
    return ""
