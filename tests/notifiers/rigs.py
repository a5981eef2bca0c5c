"""A webhook receiver as the suite of all notifiers wants one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.servers import Answer, HookServer, Rig, free_port


@contextmanager
def hook_rig(
    trouble: str,
    settings: dict[str, str],
    environment: dict[str, str],
    echo: str,
    fine: Answer | None = None,
) -> Iterator[tuple[HookServer, Rig]]:
    """A server with that problem, and a rig that has yet to say what it received and showed.

    "HERE" in settings and environment stands for where the server is. Each answer but the
    fine one repeats `echo`, as servers do. Trouble "absent": nobody listens there.
    """
    said = f"cannot POST {echo}".encode()
    answers = {
        "busy": Answer(503, said),
        "refused": Answer(404, said),
        "silent": Answer(hang_up=True),
    }
    with HookServer(answers.get(trouble, fine or Answer())) as hook:
        port = free_port() if trouble == "absent" else hook.port

        def placed(values: dict[str, str]) -> dict[str, str]:
            here = f"http://127.0.0.1:{port}"
            return {key: value.replace("HERE", here) for key, value in values.items()}

        yield hook, Rig(placed(settings), placed(environment), list, list)
