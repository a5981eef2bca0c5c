"""Broken twins: code with one promise taken away. A part that passes them proves nothing.

Each is fwtracker with some lines at the end of one module, and names the part that has to
find it, and as what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.crash.deliveries import deliveries
from tests.crash.faults import faults
from tests.crash.figures import Figures
from tests.crash.kills import kills
from tests.crash.order import order
from tests.crash.power import power, still
from tests.crash.restores import restores
from tests.crash.stage import Stage


@dataclass(frozen=True)
class Twin:
    """`end` is put behind the module `file`; `part` must count some `wrong`."""

    name: str
    file: str
    end: str
    part: Callable[[Stage], Figures]
    wrong: str

    def found(self) -> Figures:
        """What the part says of it."""
        with Stage(twin=(self.file, self.end)) as stage:
            return self.part(stage)


TWINS = (
    Twin(
        "content is not synced",
        "tracker/store/folder.py",
        "def write_durably(files):\n    for path in files: path.write_bytes(files[path])\n",
        order,
        "named before its content was durable",
    ),
    Twin(
        "a receipt before its send",
        "tracker/alerts/outbox.py",
        """
_owed = owed_numbers
def owed_numbers(tree, channel, *queue):
    found = _owed(tree, channel, *queue)
    for number in found:
        receipt = Receipt(number, "2026-03-02T12:00:00Z", "HTTP 200")
        record_receipt(tree, channel, receipt, *queue)
    return found
""",
        lambda stage: deliveries(stage, 6, 1),
        "alert lost",
    ),
    Twin(
        "an error that nobody hears of",
        "tracker/store/folder.py",
        """
_replace = Folder.replace
def _silent(self, files, **how):
    try:
        _replace(self, files, **how)
    except StoreError:
        pass
Folder.replace = _silent
""",
        lambda stage: faults(stage, 20, 1),
        "success that is none",
    ),
    Twin(
        "digests of versions that nobody compares",
        "tracker/store/identity.py",
        "def is_rewound(*_):\n    return False\n",
        lambda stage: restores(stage, 0, 1, ["rewound to version 1"]),
        "change lost",
    ),
    Twin(
        "validators of another version",
        "tracker/pipeline.py",
        "def _is_in_force(*_):\n    return True\n",
        lambda stage: restores(stage, 0, 1, ["versions alone taken back"]),
        "change lost",
    ),
    Twin(
        "published files that nobody repairs",
        "tracker/check/earlier_work.py",
        "def find_wrong_files(*_):\n    return {}\n",
        lambda stage: restores(stage, 0, 1, ["files edited, the page as before"]),
        "published file not right",
    ),
    Twin(
        "receipts of versions that are gone",
        "tracker/alerts/receipts.py",
        "def set_aside(*_):\n    pass\n",
        lambda stage: restores(stage, 0, 1, ["rewound to version 1"]),
        "change lost",
    ),
    Twin(
        "repaired before it is said",
        "tracker/check/earlier_work.py",
        """
def _repair(context, wrong):
    from tracker.publish.publish import publish
    publish(context.tree, context.config, context.now(), wrong=wrong)
    return _report(context, wrong)
""",
        lambda stage: restores(stage, 40, 1, ["files edited, the page as before"]),
        "notice lost",
    ),
    Twin(
        "folders are not synced",
        "tracker/store/folder.py",
        "def sync_folder(folder):\n    pass\n",
        order,
        "sent before a name was durable",
    ),
    Twin(
        "files written in place",
        "tracker/store/folder.py",
        """
def _in_place(self, files, **_):
    for name, data in files.items():
        make_folder((self.root / name).parent)
        write_durably({self.root / name: data})
        sync_folder((self.root / name).parent)
Folder.replace = _in_place
""",
        lambda stage: power(stage, 200, 0, 0, 1),
        "torn file",
    ),
    Twin(
        "contents are not synced",
        "tracker/store/folder.py",
        """
def write_durably(files):
    for path, data in files.items():
        path.write_bytes(data)
""",
        lambda stage: still(stage, 1),
        "torn or lost",
    ),
    Twin(
        "validators kept before the commit",
        "tracker/pipeline.py",
        """
_evaluate = evaluate
def evaluate(context, answers):
    found = _evaluate(context, answers)
    _remember_validators(context, found.pages)
    return found
""",
        lambda stage: kills(stage, 60, 1),
        "no convergence",
    ),
    Twin(
        "names of a killed run not made durable",
        "tracker/store/folder.py",
        "def sync_tree(root):\n    pass\n",
        lambda stage: power(stage, 500, 16, 0, 1),
        "lost after its commit",
    ),
)


def twins(chosen: Sequence[Twin] = TWINS) -> Figures:
    """Whether each is found by the part that should."""
    figures = Figures("broken twins", Counter(), Counter({"not found": 0}))
    for twin in chosen:
        figures.tried["twins"] += 1
        found = twin.found()
        figures.count(Counter({"not found": found.wrong[twin.wrong] == 0}), twin.name)
    return figures
