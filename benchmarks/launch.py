"""Run one command, print its cost: wall and processor time (ns), peak memory (KiB), status.

This is a separate process, as small as Python can be (`python -I -S`): Linux includes the
memory of the process that starts a program in that program's peak, and the harness is large.

    launch.py FILE COMMAND [ARGUMENT...]     the output of the command goes to FILE
"""

import os
import sys
import time

WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def main(output: str, command: list[str]) -> None:
    """Start the command, wait for it, and print its cost."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 1, output, WRITE, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    start = time.perf_counter_ns()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    spent = time.perf_counter_ns() - start
    busy = int((usage.ru_utime + usage.ru_stime) * 1e9)
    print(spent, busy, usage.ru_maxrss, os.waitstatus_to_exitcode(status))


main(sys.argv[1], sys.argv[2:])
