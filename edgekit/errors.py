"""Every error edgekit raises on purpose.

    EdgekitError                 exit code 1
    ├── UsageError               2   the command line asks for something that makes no sense
    ├── DataError                1   an input file (data set, results, farm.toml, board file) is wrong
    │   ├── ConfigError          1     a TOML file: says file, line and key
    │   └── ResultError          1     a result JSON is not one, or of another schema version
    ├── ModelError               1   a .tflite file is broken or not what was asked for
    │   └── UnsupportedModelError 1    valid, but the device cannot run it: says operator and index
    ├── UnknownNameError         1   no such board, device, recipe …: says what is close
    ├── MissingDependencyError   1   a package or program is not installed: says how to install it
    ├── RecipeError              1   training or exporting did not give what the recipe promised
    ├── DeviceError              3   the device or the way to it failed
    │   ├── ConnectError         3     could not be reached at all (port, host, key)
    │   ├── LinkError            3     reached, but stopped answering or answered garbage
    │   ├── DeadlineError        3     did not finish in time
    │   └── RemoteError          3     answered with a failure status of its own
    └── GateError                4   a comparison or `--strict` gate failed

A message says what happened, what was expected and what to do, in that order.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class EdgekitError(Exception):
    """Base of all; `exit_code` is what the command line returns for it."""

    exit_code = 1


class UsageError(EdgekitError):
    exit_code = 2


class DataError(EdgekitError):
    pass


class ConfigError(DataError):
    pass


class ResultError(DataError):
    pass


class ModelError(EdgekitError):
    pass


class UnsupportedModelError(ModelError):
    pass


class UnknownNameError(EdgekitError):
    """A name that is not in a known set; the message lists the closest known ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        names = sorted(known)
        close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        parts = [f"unknown {kind} {name!r}"]
        if close:
            parts.append("did you mean " + " or ".join(repr(each) for each in close) + "?")
        elif names:
            parts.append(f"known: {', '.join(names)}")
        if hint:
            parts.append(hint)
        super().__init__("; ".join(parts))
        self.name = name


class MissingDependencyError(EdgekitError):
    pass


class RecipeError(EdgekitError):
    pass


class DeviceError(EdgekitError):
    exit_code = 3


class ConnectError(DeviceError):
    pass


class LinkError(DeviceError):
    pass


class DeadlineError(DeviceError):
    pass


class RemoteError(DeviceError):
    """The device refused a request; `status` is its code in wire/SPEC.md, the indices say where."""

    def __init__(
        self, message: str, status: int = 0, operator: int | None = None, tensor: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.operator = operator
        self.tensor = tensor


class GateError(EdgekitError):
    exit_code = 4
