"""Example's page: what it says, typed by hand, for the suite of all sources."""

from tracker.model import Endpoint

RELAYS = ("93.184.215.14", "93.184.215.15", "93.184.215.16", "93.184.215.17")
CELL = "<br>".join(("Relays", *RELAYS))
PAGE = f"""<!DOCTYPE html>
<html><head><title>Firewall</title></head><body><h1>Firewall</h1><table>
<tr><th>Host</th><th>Direction</th><th>Port</th><th>Used for</th></tr>
<tr><td>{CELL}</td><td>Outbound</td><td>443 TCP</td><td>Sessions</td></tr>
<tr><td>Updates<br>updates.example.com</td><td>Outbound</td><td>443 TCP</td><td>News</td></tr>
</table></body></html>"""
SAYS = frozenset(
    Endpoint(None, "outbound", target, "tcp", 443, 443)
    for target in (*RELAYS, "updates.example.com")
)
