"""Gates on results: 'latency_us.median > +5%' is a condition under which a comparison fails."""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Union

from edgekit.bench.result import BenchmarkResult
from edgekit.errors import ResultError, UsageError

_EXPRESSION = re.compile(
    r"\s*(?P<key>[A-Za-z_][\w.]*)\s*(?P<operator>[<>])\s*(?P<sign>[+-]?)"
    r"(?P<number>\d+(?:_\d+)*(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(?P<percent>%?)\s*"
)
_EXAMPLES = (
    "expected for example 'latency_us.median > +5%', 'accuracy.value < -0.01' or 'memory.arena_bytes > 65536'"
)
_TIMES = ("latency_us", "setup_us", "instructions", "cycles_modelled", "setup_instructions", "profile")


@dataclass(frozen=True)
class Gate:
    """`kind` is `relative` (`limit` a fraction of the baseline), `change` (in the key's unit) or `bound`."""

    text: str
    key: str
    operator: str
    kind: str
    limit: float


@dataclass(frozen=True)
class Verdict:
    """`compared` is what was held against the limit: the value itself for a bound, else its change."""

    gate: Gate
    value: float
    baseline: float | None
    compared: float
    failed: bool


def parse_gate(text: str) -> Gate:
    """Raises UsageError if `text` is not a gate or its key is not a number in a result."""
    match = _EXPRESSION.fullmatch(text)
    if match is None:
        raise UsageError(f"cannot read the gate {text!r}; {_EXAMPLES}")
    key, sign, percent = match["key"], match["sign"], match["percent"]
    known = sorted(numeric_keys(BenchmarkResult))
    if key not in known:
        close = difflib.get_close_matches(key, known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else "docs/result_schema.md lists the keys"
        raise UsageError(f"the gate {text!r} names {key!r}, which is not a number in a result; {hint}")
    if percent and not sign:
        raise UsageError(f"the gate {text!r} does not say in which direction; write +…% or -…% for a change")
    limit = float(match["number"].replace("_", "")) * (-1.0 if sign == "-" else 1.0)
    kind = "relative" if percent else "change" if sign else "bound"
    return Gate(text.strip(), key, match["operator"], kind, limit / 100 if percent else limit)


def apply_gate(gate: Gate, result: BenchmarkResult, baseline: BenchmarkResult | None) -> Verdict:
    """Holds one result against the gate.

    Raises:
        UsageError: the gate needs a baseline and there is none.
        ResultError: a value is absent, or an emulated board would be compared with a real one.
    """
    value = _value(result, gate.key, gate)
    if gate.kind == "bound":
        return Verdict(gate, value, None, value, _exceeds(value, gate))
    if baseline is None:
        raise UsageError(f"the gate {gate.text!r} is about a change; give what to compare with as --baseline")
    check_comparable(result, baseline, gate)
    before = _value(baseline, gate.key, gate)
    change = value - before
    if gate.kind == "relative":
        change = change / abs(before) if before else math.copysign(math.inf, change) if change else 0.0
    return Verdict(gate, value, before, change, _exceeds(change, gate))


def check_comparable(result: BenchmarkResult, baseline: BenchmarkResult, gate: Gate) -> None:
    if result.emulated != baseline.emulated:
        emulated, real = (result, baseline) if result.emulated else (baseline, result)
        raise ResultError(
            f"the gate {gate.text!r} would compare the emulated {emulated.board} with the real {real.board}, "
            "and a change between those means nothing; give a baseline of the same kind of board"
        )
    metrics = [each.accuracy.metric for each in (result, baseline) if each.accuracy is not None]
    if gate.key.startswith("accuracy.") and len(set(metrics)) > 1:
        raise ResultError(
            f"the gate {gate.text!r} would compare {metrics[0]} with {metrics[1]}, and a change between those "
            "means nothing; give a baseline with the same metric"
        )


def numeric_keys(cls: type) -> Iterator[str]:
    """Dotted keys of every number, and of every true/false (1 or 0), that a `cls` can have outside lists."""
    for name, hint in typing.get_type_hints(cls).items():
        if typing.get_origin(hint) in (Union, types.UnionType):
            hint = next(each for each in typing.get_args(hint) if each is not type(None))
        if hint in (int, float, bool):
            yield name
        elif isinstance(hint, type) and dataclasses.is_dataclass(hint):
            yield from (f"{name}.{each}" for each in numeric_keys(hint))


def find_value(result: BenchmarkResult, key: str) -> float | None:
    """The number at a dotted key, None if it was not measured."""
    value: Any = result
    for part in key.split("."):
        value = getattr(value, part, None)
    return None if value is None else float(value)


def _value(result: BenchmarkResult, key: str, gate: Gate) -> float:
    value = find_value(result, key)
    if value is None:
        top = key.partition(".")[0]
        reason = "was not measured"
        if top in _TIMES:
            reason += "; emulated boards count instructions, real ones have latency_us"
        raise ResultError(
            f"the gate {gate.text!r} cannot be decided: "
            f"{key} of {result.model.name} on {result.device} {reason}"
        )
    return value


def _exceeds(value: float, gate: Gate) -> bool:
    return value > gate.limit if gate.operator == ">" else value < gate.limit
