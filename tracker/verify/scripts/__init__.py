"""Scripts that test one version from a machine without Python, and print JSON.

`render_script` renders one. Its output is a `MachineReport`, which `tracker.verify.machines`
reads. Only typed values get into code; all other text is quoted for the language.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tracker.errors import UsageError
from tracker.verify.plan import ProbeTask
from tracker.verify.scripts.contents import ScriptContents, list_probes
from tracker.verify.scripts.powershell import render_powershell
from tracker.verify.scripts.sh import render_sh

KINDS: dict[str, Callable[[ScriptContents], str]] = {
    "powershell": render_powershell,
    "sh": render_sh,
}


def render_script(kind: str, contents: ScriptContents, tasks: Sequence[ProbeTask]) -> str:
    """Return a script that tries the probes of these tasks.

    Raises UsageError if none of them can be tried.
    """
    probes = list_probes(tasks)
    if not probes:
        raise UsageError(
            "there is nothing to try by TCP in what was chosen; see --dry-run for the reasons"
        )
    return KINDS[kind](contents.with_probes(probes))
