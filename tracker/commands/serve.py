"""`serve`: scheduled checks, and all published files over HTTP, in one process."""

from __future__ import annotations

import logging

import click

from tracker.commands.common import Setup, command
from tracker.errors import UsageError


@command()
@click.option("--host", help="Address to listen on.  [127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 for any.  [8377]")
@click.option("--no-check", is_flag=True, help="Only serve: something else makes the checks.")
def serve(setup: Setup, host: str | None, port: int | None, *, no_check: bool) -> int:
    """Check on a schedule and serve page, feed, rule files and metrics, until stopped.

    SIGTERM ends it after the running check, SIGHUP reloads the configuration, SIGUSR1 checks
    now.
    """
    try:
        from tracker.site.web.runner import ServeProcess  # noqa: PLC0415  needs the extra
    except ImportError as error:
        from tracker.plugins import build_command  # noqa: PLC0415  only if one is missing

        raise UsageError(
            f"serve needs an extra ({error.name}); install it: {build_command('serve')}"
        ) from None
    from tracker.scheduler.service import ServeOptions  # noqa: PLC0415

    given = click.get_current_context().params
    if not given["quiet"]:
        logging.getLogger("tracker").setLevel(logging.INFO)
    options = ServeOptions(given["config"], given["snapshots"], _list_passed_options(given))
    del setup  # the process reads the configuration itself, also later
    ServeProcess(options, host, port).run(check=not no_check)
    return 0


def _list_passed_options(given: dict[str, object]) -> list[str]:
    """Return the options that are passed on to every check."""
    verbose = given["verbose"]
    options = ["--log-format", str(given["log_format"])]
    options += ["-v"] * (verbose if isinstance(verbose, int) else 0)
    return [*options, "-q"] if given["quiet"] else options
