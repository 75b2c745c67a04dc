"""Assembles the command line: every module in `edgekit.commands` is one subcommand.

Such a module has `HELP` (one line), `add_arguments(parser)`, `run(args) -> int`, and may have `EPILOG`.
What it needs for its work it imports inside `run`, so that `edgekit --help` starts at once.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import pkgutil
import select
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, cast

from edgekit import __version__, commands
from edgekit.console import fail, make_streams_safe
from edgekit.errors import EdgekitError, UnknownNameError
from edgekit.signals import signals_unwind

_BROKEN_PIPE = 141  # what a shell reports for a program that SIGPIPE ended
# The order a newcomer meets them in; a command that is not named here comes after these, by name.
_READING_ORDER = (
    *("compress", "inspect", "trim", "invoke", "bench", "compare", "report"),
    *("boards", "devices", "trust"),
)
_FIRST_STEPS = """\
first steps:
  edgekit compress digits_int8 --out artifacts/digits_int8
  edgekit bench artifacts/digits_int8 --on local qemu_mps2_an386 --out results
  edgekit report results/*.json --out report.html

"edgekit COMMAND --help" explains one command.
exit codes: 0 fine, 1 error, 2 usage, 3 device or link failed, 4 gate failed
"""


class Command(Protocol):
    """What a module in `edgekit.commands` offers."""

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace) -> int: ...


def find_commands() -> dict[str, Command]:
    """Every subcommand by its name on the command line, in reading order."""
    names = [each.name for each in pkgutil.iter_modules(commands.__path__) if not each.name.startswith("_")]
    found = {
        name.replace("_", "-"): cast(Command, importlib.import_module(f"{commands.__name__}.{name}"))
        for name in names
    }
    rank = {name: position for position, name in enumerate(_READING_ORDER)}
    return dict(sorted(found.items(), key=lambda item: (rank.get(item[0], len(rank)), item[0])))


def build_parser(found: Mapping[str, Command]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="edgekit",
        description="Compress a Keras model, deploy it to an edge board, benchmark it on the hardware.",
        epilog=_FIRST_STEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("-V", "--version", action="version", version=f"edgekit {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, command in found.items():
        subparser = subparsers.add_parser(
            name,
            help=command.HELP,
            description=command.HELP,
            epilog=getattr(command, "EPILOG", None),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.add_arguments(subparser)
        # Arguments that nobody knows are reported with the usage of the command they were given to.
        subparser.set_defaults(_run=command.run, _usage_error=subparser.error)
    return parser


def _dispatch(argv: Sequence[str]) -> int:
    found = find_commands()
    if argv and not argv[0].startswith("-") and argv[0] not in found:
        fail(f"{UnknownNameError('command', argv[0], found)}; see edgekit --help")
        return 2
    parser = build_parser(found)
    if not argv:
        parser.print_help(sys.stderr)
        return 2
    args, unknown = parser.parse_known_args(argv)
    if args.command is None:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    if unknown:
        args._usage_error(f"unrecognized arguments: {' '.join(unknown)}")
    run: Callable[[argparse.Namespace], int] = args._run
    return run(args)


def _describe_unexpected(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}" if error.filename else "reading or writing failed"
        return f"{where}: {error.strerror}"
    if isinstance(error, MemoryError):
        return "this machine ran out of memory; close other programs or use a smaller model"
    detail = " ".join(str(error).split())
    what = f"{type(error).__name__}: {detail}" if detail else type(error).__name__
    return f"{what} (not foreseen by edgekit; EDGEKIT_DEBUG=1 shows where it happened)"


def _flush_stdout() -> OSError | None:
    """Writes what is still buffered; returns why that failed (reader gone, disk full), if it did."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # The rest goes nowhere, else the interpreter tries again while it exits, and complains.
        with contextlib.suppress(OSError):
            devnull = os.open(os.devnull, os.O_WRONLY)
            os.dup2(devnull, sys.stdout.fileno())
            os.close(devnull)
        return error
    return None


def _exit_status(error: SystemExit) -> int:
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code
    fail(str(error.code))
    return 1


def _reader_left(error: OSError) -> bool:
    """Whether it is standard output that broke, and not some other pipe, when there is no buffer to ask."""
    if not isinstance(error, BrokenPipeError):
        return False
    with contextlib.suppress(OSError):
        stdout = select.poll()
        stdout.register(sys.stdout.fileno(), 0)
        return any(event & select.POLLERR for _, event in stdout.poll(0))
    return False


def _run_guarded(argv: Sequence[str], debug: bool) -> int:
    try:
        return _dispatch(argv)
    except SystemExit as error:
        return _exit_status(error)
    except KeyboardInterrupt:
        return 130
    except EdgekitError as error:
        if debug:
            traceback.print_exc()
        fail(str(error))
        return error.exit_code
    except Exception as error:
        if isinstance(error, OSError) and (_flush_stdout() is not None or _reader_left(error)):
            return _report_stdout(error)
        if debug:
            traceback.print_exc()
        fail(_describe_unexpected(error))
        return 1


def _report_stdout(error: OSError) -> int:
    if isinstance(error, BrokenPipeError):
        return _BROKEN_PIPE
    fail(f"cannot write to standard output: {error.strerror or error}")
    return 1


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; errors, signals, closed pipes are told, not raised."""
    make_streams_safe()
    debug = os.environ.get("EDGEKIT_DEBUG", "") not in ("", "0")
    with signals_unwind():
        code = _run_guarded(sys.argv[1:] if argv is None else argv, debug)
        # A full disk behind standard output shows up here, not after the exit code is settled.
        failure = _flush_stdout()
    return _report_stdout(failure) if failure is not None and code == 0 else code
