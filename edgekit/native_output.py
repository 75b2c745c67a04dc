"""Keeps what C++ libraries print to file descriptor 2 from burying our own notes."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator

# Start-up chatter of TensorFlow, its converter and LiteRT; each was seen in runs that were fine.
_NOISE = re.compile(
    rb"^([IW]\d{4} |WARNING: All log messages before absl|fully_quantize: |INFO: |\s*$)"
    rb"|cuda|use_unbounded_threadpool|oneDNN|cpu_feature_guard|rebuild TensorFlow with the appropriate"
)


@contextlib.contextmanager
def muted_stderr() -> Iterator[None]:
    """Drops what C++ prints meanwhile: for calls that raise what they print."""
    with open(os.devnull, "wb") as nowhere, _diverted(nowhere.fileno()):  # noqa: PTH123 - not a path to join
        yield


@contextlib.contextmanager
def filtered_stderr() -> Iterator[None]:
    """Holds back what C++ prints meanwhile, and afterwards shows the lines that are not known to be harmless.

    Python's own `sys.stderr` goes on to the terminal at once.
    """
    with tempfile.TemporaryFile() as captured:  # has no name, so nothing is left of it even after a kill -9
        try:
            with _diverted(captured.fileno()) as terminal:
                python_stderr = sys.stderr
                sys.stderr = io.TextIOWrapper(
                    io.FileIO(terminal, "w", closefd=False), errors="replace", write_through=True
                )
                try:
                    yield
                finally:
                    sys.stderr = python_stderr
        finally:
            captured.seek(0)
            for line in captured.read().splitlines():
                if not _NOISE.search(line):
                    sys.stderr.write(line.decode("utf-8", "replace") + "\n")
            sys.stderr.flush()


@contextlib.contextmanager
def _diverted(target: int) -> Iterator[int]:
    """Points descriptor 2 to what `target` is; yields a descriptor of what it was."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    try:
        terminal = os.dup(2)
    except OSError:  # started without a standard error
        terminal = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(target, 2)
        yield terminal
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
