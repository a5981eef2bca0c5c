"""The words around the tables of a sample page, all our own, with traps in them.

An address, a version of four parts, ports and hosts in running text, a table about
something else: none of them is an entry. The tables that are read stand in `markups/`.
"""

from __future__ import annotations

from typing import Final

INTRO: Final = """\
<h2>How agents connect</h2>
<p>Agents always call out: an agent opens a connection to the cloud servers, and the
servers never open one to an agent. Outbound rules are therefore enough, although data
travels both ways once the connection stands.</p>
<p>An agent that has connected waits until it is told what to do, for example to apply a
policy or to collect the data of a report. Somebody asks for that in the console, or a
schedule does.</p>
<p>One case differs. Agents of the same local network can hand each other parts of
software packages, and then one of them accepts a connection from its neighbour. You can
do without it, but an inbound rule for the local network is recommended.</p>
<p>Where a proxy is in use, say at <code>192.0.2.10</code> on port 3128, enter it in the
agent's settings; agents before version 5.221.608.1 ignore it. Call +1 555 0142 if you
are in doubt.</p>
"""

RULES: Final = """\
<h2 id="rules">Which rules to create</h2>
<p>The lists below name all ports and protocols. Create firewall rules that let these
resources through:</p>
"""

NOTE: Final = """\
<p class="note"><strong>Note:</strong> an asterisk (*) in a host name stands for every
subdomain, however deep. So *.example.com covers example.com, child.example.com,
grand.child.example.com and whatever else ends like that.</p>
"""

# A table about something else, with words that a hasty reader takes for columns.
SUPPORT: Final = """\
<h2>Need help?</h2>
<table class="doc-table support-hours">
<thead><tr><th>Support</th><th>Days</th><th>Hours (UTC)</th><th>Phone</th></tr></thead>
<tbody>
<tr><td>Standard</td><td>Monday - Friday</td><td>08:00 - 18:00</td>
<td>+1 (555) 0198</td></tr>
<tr><td>Priority</td><td>every day</td><td>00:00 - 24:00</td>
<td>+1 (555) 0199</td></tr>
</tbody>
</table>
"""

SUPPORT_LIST: Final = """\
<h2>Need help?</h2>
<ul>
<li>Standard support: Monday - Friday, 08:00 - 18:00 UTC, +1 (555) 0198</li>
<li>Priority support: every day, 00:00 - 24:00 UTC, +1 (555) 0199</li>
</ul>
"""


def around(tables: str) -> str:
    """The body of a page that holds tables."""
    return INTRO + RULES + tables + NOTE + SUPPORT
