"""The command line with its clock stopped, so that two runs write the same bytes.

A script of its own, started by path; the environment's `CRASH_CLOCK` says what time it is.
`frozen.py run ...` is that command. `frozen.py serve run ...` does the same, by which it has
loaded all that a run needs, and then forks itself for each further one that stdin asks for:
such a run takes a tenth of the time, and makes no system call that is not its own.
"""

import ctypes
import datetime as dt
import json
import os
import signal
import sys
import time
import traceback

LONGEST = 120  # seconds of one run
_PR_SET_PTRACER, _ANYBODY = 0x59616D61, ctypes.c_ulong(-1)  # prctl(2)


class _Stopped(dt.datetime):
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
        return dt.datetime.fromisoformat(os.environ["CRASH_CLOCK"]).astimezone(tz)


dt.datetime = _Stopped
_sleep = time.sleep
time.sleep = lambda seconds: _sleep(min(seconds, 0.01))  # pauses before another attempt


def serve() -> None:
    """A line of JSON asks for a run; one says its process id, one how it ended."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    for line in sys.stdin:
        request = json.loads(line)
        files = os.memfd_create("out"), os.memfd_create("err")
        waiting, ready = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(waiting)
            _become(request, *files, ready)
        os.close(ready)
        os.read(waiting, 1)  # until it is closed there: what may be traced begins
        os.close(waiting)
        print(pid, flush=True)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        out, err = (_content(file) for file in files)
        print(json.dumps({"status": status, "out": out, "err": err}), flush=True)


def _become(request: dict, out: int, err: int, ready: int) -> None:
    """Be that run, once whoever wants to trace it does; never returns."""
    for theirs, ours in enumerate((os.open(os.devnull, os.O_RDONLY), out, err)):
        os.dup2(ours, theirs)
        os.close(ours)
    os.environ.update(request["environment"])
    sys.argv[1:] = request["arguments"]
    signal.alarm(LONGEST)
    if request["traced"]:
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANYBODY)  # where only a parent may trace
    os.close(ready)
    if request["traced"]:
        signal.sigwait({signal.SIGUSR1})
        _one_after_the_other()
    status = 1
    try:
        status = _run()
    except BaseException:  # noqa: BLE001  shown, as the interpreter would
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(status)


def _one_after_the_other() -> None:
    """All channels on the first thread: strace finds a call again by its number there."""
    from tracker.alerts import delivery  # noqa: PLC0415  it is loaded

    delivery.run_in_threads = lambda jobs: [job() for job in jobs]


def _run() -> int:
    from tracker.cli import main  # noqa: PLC0415  once the clock stands

    try:
        main()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    return 0


def _content(file: int) -> str:
    with open(file, "rb") as content:
        content.seek(0)
        return content.read().decode()


if __name__ == "__main__":
    forking = sys.argv[1] == "serve"
    if forking:
        del sys.argv[1]
    status = _run()
    if not forking:
        sys.exit(status)
    print("ready", status, flush=True)
    serve()
