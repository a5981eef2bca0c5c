"""Products of which no file is read, by what their configurations begin with."""

from __future__ import annotations

import re

# Each is a line that only this product writes (its own command reference).
_PRODUCTS = {
    name: re.compile(pattern, re.MULTILINE)
    for name, pattern in {
        "Cisco ASA": r"^ASA Version \d|^access-group \S+ (?:in|out) interface ",
        "Cisco IOS": r"^version 1[25]\.\d+$|^ip access-list (?:extended|standard) ",
        "Juniper Junos": r"^set security (?:policies|zones) |^## Last commit: ",
        "MikroTik RouterOS": r"^# .* by RouterOS \d|^/ip firewall (?:filter|address-list)",
        "OPNsense (a backup)": r"\A\s*(?:<\?xml[^>]*>\s*)?<opnsense>",
        "pfSense (a backup)": r"\A\s*(?:<\?xml[^>]*>\s*)?<pfsense>",
        "pf": r"^(?:block|pass) (?:in|out|all|quick|log)\b|^set skip on ",
        "VyOS": r"^set firewall (?:ipv4|ipv6|name) ",
        "Sophos": r"\A\s*(?:<\?xml[^>]*>\s*)?<Configuration APIVersion=",
        "a registry export of Windows": r"\AWindows Registry Editor Version ",
    }.items()
}


def name_product(start: str) -> str:
    """Return the product that wrote a text, by its beginning; empty where none is known."""
    return next((name for name, line in _PRODUCTS.items() if line.search(start)), "")
