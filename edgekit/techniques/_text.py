"""Techniques written as text: `prune:0.75,qat`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType

from edgekit import techniques
from edgekit.errors import RecipeError, UnknownNameError
from edgekit.techniques import Technique


def parse_techniques(text: str) -> tuple[Technique, ...]:
    """`name` or `name:argument`, comma-separated, in the order in which they are applied.

    A technique that can keep what the ones before it gave the weights does so: `prune:0.75,qat` is PQAT.

    Raises:
        RecipeError: nothing is named, or an argument makes no sense.
        UnknownNameError: there is no such technique.
    """
    known = short_names()
    parsed: list[Technique] = []
    for item in (part.strip() for part in text.split(",")):
        name, colon, argument = item.partition(":")
        if not name:
            raise RecipeError(
                f"--techniques {text!r} names no technique; expected for example 'prune:0.75,qat'"
            )
        if name not in known:
            raise UnknownNameError("technique", name, known)
        given = effects_of(parsed)
        technique: Technique = known[name].parse(argument.strip() if colon else None, given)
        parsed.append(technique)
    return tuple(parsed)


def effects_of(techniques: Iterable[Technique]) -> frozenset[str]:
    """What they have given the weights, all together."""
    return frozenset[str]().union(*(each.effects for each in techniques))


def short_names() -> dict[str, ModuleType]:
    """The modules of techniques by the name that a command line knows them by."""
    modules = [
        importlib.import_module(f"{techniques.__name__}.{each.name}")
        for each in pkgutil.iter_modules(techniques.__path__)
        if not each.name.startswith("_")
    ]
    return {each.SHORT_NAME: each for each in modules if hasattr(each, "SHORT_NAME")}


def parse_fraction(argument: str | None, name: str, default: float) -> float:
    """A number above 0 and below 1.

    Raises:
        RecipeError: it is none.
    """
    try:
        value = default if argument is None else float(argument)
    except ValueError:
        value = -1.0
    return require_fraction(value, name, argument)


def require_fraction(value: float, name: str, text: str | None = None) -> float:
    """Returns `value` if it lies above 0 and below 1.

    Raises:
        RecipeError: it does not.
    """
    if not 0.0 < value < 1.0:
        found = value if text is None else text
        raise RecipeError(f"{name} of {found}: expected a fraction above 0 and below 1, such as 0.75")
    return value


def parse_count(argument: str, name: str) -> int:
    """A whole number of at least 1.

    Raises:
        RecipeError: it is none.
    """
    try:
        value = int(argument)
    except ValueError:
        value = 0
    if value < 1:
        raise RecipeError(f"{name} of {argument}: expected a whole number of at least 1")
    return value


def refuse_argument(argument: str | None, name: str) -> None:
    """Raises RecipeError if a technique that takes no argument is given one."""
    if argument is not None:
        raise RecipeError(f"{name} takes no argument, but {argument!r} was given; write just {name}")
