"""What a person sees: results on standard output; notes, warnings and progress on standard error."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

_NUMBER = re.compile(r"[-+\u2212±~<>≤≥]?\s?\d")
_ABSENT = ("", "-", "\u2013")
_UNFOLDED_WIDTH = 1000  # a file or a pipe has no edge to fold lines at


class Advance(Protocol):
    """Says that `n` more units of a step are done."""

    def __call__(self, n: int = 1) -> None: ...


def make_streams_safe() -> None:
    """Lets a terminal that cannot show µ print a question mark instead of ending the program."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the caller (>&-)
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _say(text: str) -> None:
    # Whoever closed standard error does not want to hear about it.
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def note(text: str) -> None:
    """Says on standard error what is going on."""
    _say(text)


def warn(text: str) -> None:
    """A result may be worth less than it seems; the command goes on."""
    _say(f"edgekit: warning: {text}")


def fail(text: str) -> None:
    """The last line of a command that could not do its work."""
    _say(f"edgekit: error: {text}")


def printable(text: object, most: int = 120) -> str:
    """One line, without what could steer a terminal: these words come from devices."""
    cleaned = "".join(each if each.isprintable() else " " for each in str(text or ""))
    return " ".join(cleaned.split())[:most]


def print_json(value: Any) -> None:
    """Prints one JSON document, in ASCII whatever the terminal's encoding.

    Raises:
        ValueError: a number is NaN or infinite, which JSON does not have.
    """
    print(json.dumps(value, indent=2, allow_nan=False))


def print_table(title: str | None, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table; None is an empty cell, and a column of numbers is aligned to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
    )
    for position, column in enumerate(columns):
        filled = [row[position] for row in cells if row[position] not in _ABSENT]
        is_numeric = bool(filled) and all(_NUMBER.match(cell) for cell in filled)
        table.add_column(Text(column), justify="right" if is_numeric else "left", overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _UNFOLDED_WIDTH)
    # Rendered first and written after: rich would end the program itself when a reader leaves (| head).
    with console.capture() as capture:
        console.print(table)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))


def _draws_bars() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb")


@contextlib.contextmanager
def progress(description: str, total: int | None = None) -> Iterator[Advance]:
    """Shows a step while it lasts: a bar on a terminal, else a line when it starts and one when it ends.

    Args:
        description: what is being done, "training" or "sending the model".
        total: number of units that `advance` will be told of; None if nobody knows.
    """
    show = _show_bar if _draws_bars() else _show_lines
    with show(description, total) as advance:
        yield advance


@contextlib.contextmanager
def _show_lines(description: str, _total: int | None) -> Iterator[Advance]:
    start_s = time.monotonic()
    note(f"{description} …")

    def advance(n: int = 1) -> None:
        pass

    try:
        yield advance
    except BaseException:
        note(f"{description}: stopped after {time.monotonic() - start_s:.1f} s")
        raise
    note(f"{description}: done in {time.monotonic() - start_s:.1f} s")


@contextlib.contextmanager
def _show_bar(description: str, total: int | None) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        # Results may be printed to the same terminal meanwhile; they are not ours to redirect.
        redirect_stdout=False,
    )
    task = bar.add_task(description, total=total)

    def advance(n: int = 1) -> None:
        bar.advance(task, n)

    with bar:
        yield advance
        if total is None:
            bar.update(task, total=1, completed=1)
