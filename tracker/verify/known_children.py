"""Hosts that are known below wildcards of pages, and whose certificates they have. Pure.

Windows Update: Microsoft's lists of connection endpoints name the hosts (learn.microsoft.com,
"Manage connection endpoints for Windows"). Some of them have certificates by an authority of
Microsoft's own, "Microsoft [ECC] Update Secure Server CA 2.1", which Windows trusts and
browsers do not.
"""

from __future__ import annotations

from collections.abc import Mapping

KNOWN_CHILDREN: Mapping[str, tuple[str, ...]] = {
    "*.windowsupdate.com": ("download.windowsupdate.com", "ctldl.windowsupdate.com"),
    "*.download.windowsupdate.com": ("au.download.windowsupdate.com",),
    "*.update.microsoft.com": ("sls.update.microsoft.com", "fe2.update.microsoft.com"),
    "*.mp.microsoft.com": ("fe3.delivery.mp.microsoft.com", "displaycatalog.mp.microsoft.com"),
    "*.delivery.mp.microsoft.com": ("fe3.delivery.mp.microsoft.com",),
}
KNOWN_ISSUERS: Mapping[str, str] = {
    "*.update.microsoft.com": "Update Secure Server CA",
    "*.delivery.mp.microsoft.com": "Update Secure Server CA",
}


def join_children(configured: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the known hosts below wildcards; what is configured takes the place of its own."""
    return {**KNOWN_CHILDREN, **configured}
