"""What an accelerator would do with a model, by its own compiler or its published rules; one family per file.

A module here that has NAMES is found by them; there is no list of modules to extend.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from edgekit.errors import UnknownNameError
from edgekit.tflite_model import TfliteModel

ESTIMATE = "estimate"
"""By the accelerator's own compiler and its model of the hardware: nothing ran."""
PREDICTION = "prediction"
"""By published rules: not even the compiler was asked."""
COMPILED = "compiled"
"""By the compiler: which operators are mapped is a fact."""


@dataclass(frozen=True)
class OperatorMapping:
    """`index` is the operator's in the model, absent where a tool only says how many there are of a kind."""

    name: str
    runs_on: str
    index: int | None = None
    count: int = 1
    reason: str | None = None


@dataclass(frozen=True)
class AcceleratorReport:
    """`quantities` have their units in their names; what a tool does not say is absent."""

    accelerator: str
    evidence: str
    tool: str
    operators: tuple[OperatorMapping, ...]
    quantities: Mapping[str, int | float | str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def num_on(self, place: str) -> int:
        return sum(each.count for each in self.operators if each.runs_on == place)


class Accelerator(Protocol):
    NAMES: tuple[str, ...]

    def inspect(self, model: TfliteModel, name: str) -> AcceleratorReport:
        """How `model` would run on the accelerator called `name`, one of NAMES.

        Raises:
            MissingDependencyError: its compiler is needed and not installed.
            UnsupportedModelError: the compiler refuses the model.
        """


def list_accelerators() -> list[str]:
    return sorted(name for each in _modules() for name in each.NAMES)


def find_accelerator(name: str) -> Accelerator:
    """Raises UnknownNameError for a name that none has."""
    for module in _modules():
        if name in module.NAMES:
            found: Accelerator = module
            return found
    raise UnknownNameError("accelerator", name, list_accelerators())


def _modules() -> list[Any]:
    found = [importlib.import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__)]
    return [each for each in found if hasattr(each, "NAMES")]
