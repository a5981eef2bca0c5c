"""The command line: options shared by all commands, and how an error becomes one line.

Each command is in a module of `commands/`, which is imported when it is called: the hourly
check does not load the code of other commands.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, NamedTuple

import click

from tracker import __version__
from tracker.errors import FwtrackerError, PageError


class Listed(NamedTuple):
    """The module of `commands/` that defines a command, and its line in the help."""

    module: str
    summary: str


# Each summary fits on a line of 80 columns after the longest name.
COMMANDS = {
    "run": Listed("run", "Check each source once: the job for cron."),
    "parse": Listed("parse", "Read a page and print its entries, storing nothing."),
    "history": Listed("history", "List the versions, with what each one changed."),
    "show": Listed("history", "Print the entries of a version."),
    "diff": Listed("history", "Show what changed from one version to another."),
    "as-of": Listed("history", "Print the version in force at a time."),
    "blame": Listed("history", "Show since when a value has been on the page."),
    "rules": Listed("rules", "Render rule files, or what changed in them."),
    "audit": Listed("audit", "Compare what a firewall has with what the page lists."),
    "verify": Listed("verify", "Try to reach each documented endpoint from here."),
    "drift": Listed("drift", "Show where DNS and the page differ."),
    "held": Listed("review", "Show what is held for review, and why."),
    "approve": Listed("review", "Publish a held page."),
    "reject": Listed("review", "Drop a held page."),
    "notify": Listed("notify", "Test a channel, or deliver what is owed."),
    "serve": Listed("serve", "Check on a schedule; serve page, feed, rule files."),
    "source": Listed("source", "Create and check source definitions."),
    "init": Listed("init", "Write a commented configuration."),
    "doctor": Listed("doctor", "Check the whole setup, and say what to fix."),
    "store": Listed("store", "Verify, rebuild or export the stored versions."),
    "replay": Listed("store", "Read stored pages again with the current reader."),
    "demo": Listed("demo", "Show the whole job on sample pages, offline."),
}


_WITH_VALUE = frozenset({"--config", "--snapshots", "--log-format"})


class _LazyGroup(click.Group):
    """A group that imports a command's module when the command is looked up."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Return the names of all commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a command; None if there is none of that name."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"tracker.commands.{COMMANDS[name].module}")
        command = getattr(module, name.replace("-", "_"))
        assert isinstance(command, click.Command)  # noqa: S101  COMMANDS lists our own
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write a line for each command without importing it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.summary) for name, each in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Suggest the nearest command for one that does not exist."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib  # noqa: PLC0415

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f'; did you mean "{near[0]}"?' if near else "; see: fwtracker --help"
            ctx.fail(f'no command is called "{args[0]}"{hint}')
        return super().resolve_command(ctx, args)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="fwtracker")
def cli() -> None:
    """Watch a vendor's firewall requirements page, and get alerts when it changes.

    The options --config, --snapshots, -v, -q and --log-format belong to every command.
    """


def main() -> None:
    """Run the command line; each of our errors is a line on stderr and an exit status.

    If a page cannot be read, the configuration that settles it follows that line.
    """
    sys.exit(_run(sys.argv[1:]))


def _run(args: list[str]) -> int:
    try:
        status = cli.main(
            args=_move_options_back(args), prog_name="fwtracker", standalone_mode=False
        )
    except click.exceptions.Abort:
        return _print_error("stopped", 130)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        return _print_error(error.format_message(), 2)
    except FwtrackerError as error:
        return _report_error(error)
    except OSError as error:
        return _report_os_error(error)
    return status if isinstance(status, int) else 0


def _report_error(error: FwtrackerError) -> int:
    status = _print_error(str(error), error.exit_status)
    if isinstance(error, PageError) and error.settle:
        from tracker.commands.common import echo_settling  # noqa: PLC0415  only for these

        echo_settling(error.settle)
    return status


def _report_os_error(error: OSError) -> int:
    """Report a failure to print; stored and fetched files have their own errors."""
    if isinstance(error, BrokenPipeError):
        sys.stderr.close()  # the reader of the output has ended
        return 1
    where = error.filename or "output"
    return _print_error(f"{where}: {error.strerror or error}; check that file and its disk", 1)


def _print_error(message: str, status: int) -> int:
    from tracker.commands.common import echo_note  # noqa: PLC0415  only on errors

    echo_note(f"fwtracker: {' '.join(message.split())}")
    return status


def _move_options_back(args: list[str]) -> list[str]:
    """Return the arguments, with options before the command moved behind its name.

    For a group, as in `store verify`, they go behind both names: its commands have the options.
    """
    front: list[str] = []
    rest = list(args)
    while rest and rest[0].startswith("-") and rest[0] not in {"-h", "--help", "--version"}:
        _check_front(rest[0])
        front.append(rest.pop(0))
        if front[-1] in _WITH_VALUE and rest:
            front.append(rest.pop(0))
    if not rest or not front:
        return rest or front
    if not _is_group(rest[0]):
        return [*rest[:1], *front, *rest[1:]]
    is_named = len(rest) > 1 and not rest[1].startswith("-")
    return [*rest[:2], *front, *rest[2:]] if is_named else rest


def _check_front(option: str) -> None:
    """Raise NoSuchOption, with the nearest one, if no command has this option."""
    name = option.partition("=")[0]
    known = {*_WITH_VALUE, "--verbose", "--quiet"}
    if name.startswith("--") and name not in known:
        import difflib  # noqa: PLC0415

        near = difflib.get_close_matches(name, known, 1)
        raise click.NoSuchOption(name, possibilities=near or sorted(known))


def _is_group(name: str) -> bool:
    """Return whether a command has subcommands."""
    return isinstance(cli.get_command(click.Context(cli), name), click.Group)


if __name__ == "__main__":
    main()
