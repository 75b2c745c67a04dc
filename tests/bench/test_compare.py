from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from edgekit.bench.compare import apply_gate, find_value, numeric_keys, parse_gate
from edgekit.bench.result import BenchmarkResult, Memory
from edgekit.errors import ResultError, UsageError

Make = Callable[..., BenchmarkResult]


@pytest.mark.parametrize(
    ("text", "key", "operator", "kind", "limit"),
    [
        ("latency_us.median > +5%", "latency_us.median", ">", "relative", 0.05),
        ("accuracy.value<-1%", "accuracy.value", "<", "relative", -0.01),
        ("accuracy.value < -0.005", "accuracy.value", "<", "change", -0.005),
        ("instructions.median > +1000", "instructions.median", ">", "change", 1000),
        ("memory.arena_bytes > 65_536", "memory.arena_bytes", ">", "bound", 65_536),
        ("  bit_exact.equal < 1 ", "bit_exact.equal", "<", "bound", 1),
        ("latency_us.p99 > 1.5e3", "latency_us.p99", ">", "bound", 1500),
    ],
)
def test_gates_are_read(text: str, key: str, operator: str, kind: str, limit: float) -> None:
    gate = parse_gate(text)
    assert (gate.key, gate.operator, gate.kind) == (key, operator, kind)
    assert gate.limit == pytest.approx(limit)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot read the gate"),
        ("latency_us.median", "cannot read the gate"),
        ("latency_us.median >= 5", "cannot read the gate"),
        ("latency_us.median > five", "cannot read the gate"),
        ("latency_us.median > +5% or more", "cannot read the gate"),
        ("latency_us.medain > +5%", "did you mean latency_us.median"),
        ("latency_us > +5%", "not a number in a result"),
        ("board > 5", "not a number in a result"),
        ("latency_us.median > 5%", r"write \+…% or -…%"),
    ],
)
def test_a_gate_that_makes_no_sense_is_a_usage_error(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_gate(text)


@pytest.mark.parametrize(
    ("text", "before", "after", "failed"),
    [
        ("latency_us.median > +5%", 100, 104, False),
        ("latency_us.median > +5%", 100, 106, True),
        ("latency_us.median > +5%", 100, 50, False),
        ("latency_us.median < -5%", 100, 94, True),
        ("latency_us.median > +10", 100, 110, False),
        ("latency_us.median > +10", 100, 111, True),
        ("latency_us.median > 105", 100, 106, True),
        ("latency_us.median > 105", 200, 104, False),
        ("latency_us.median > +5%", 0, 0, False),
        ("latency_us.median > +5%", 0, 1, True),
    ],
)
def test_a_gate_fails_beyond_its_limit_and_not_at_it(
    make_result: Make, text: str, before: float, after: float, failed: bool
) -> None:
    verdict = apply_gate(parse_gate(text), make_result(median=after), make_result(median=before))
    assert verdict.failed is failed
    assert verdict.value == after


def test_true_counts_as_one(make_result: Make) -> None:
    result = make_result()
    assert result.bit_exact is not None
    gate = parse_gate("bit_exact.equal < 1")
    assert not apply_gate(gate, result, None).failed
    differing = replace(result, bit_exact=replace(result.bit_exact, equal=False))
    assert apply_gate(gate, differing, None).failed


def test_metrics_of_two_kinds_have_no_change_between_them(make_result: Make) -> None:
    result = make_result()
    assert result.accuracy is not None
    other = replace(result, accuracy=replace(result.accuracy, metric="auc", num_correct=None))
    gate = parse_gate("accuracy.value < -0.01")
    assert not apply_gate(gate, other, other).failed
    with pytest.raises(ResultError, match="would compare top1 with auc"):
        apply_gate(gate, result, other)


def test_a_value_that_was_not_measured_is_an_error_and_never_a_pass(make_result: Make) -> None:
    gate = parse_gate("memory.arena_bytes > 100")
    with pytest.raises(ResultError, match=r"memory.arena_bytes of digits_int8 on local was not measured"):
        apply_gate(gate, make_result(memory=Memory(5)), None)


def test_a_change_needs_something_to_change_from(make_result: Make) -> None:
    with pytest.raises(UsageError, match="--baseline"):
        apply_gate(parse_gate("accuracy.value < -1%"), make_result(), None)


@pytest.mark.parametrize("key", ["accuracy.value", "instructions.median", "memory.model_bytes"])
def test_emulated_and_real_boards_are_not_gated_against_each_other(make_result: Make, key: str) -> None:
    gate = parse_gate(f"{key} > +5%")
    emulated = make_result(emulated=True, device="qemu")
    if key == "instructions.median":
        with pytest.raises(ResultError, match="emulated boards count instructions"):
            apply_gate(gate, make_result(), emulated)
    for result, baseline in ((emulated, make_result()), (make_result(), emulated)):
        with pytest.raises(ResultError, match=r"emulated"):
            apply_gate(gate, result, baseline)


def test_every_numeric_key_can_be_asked_for(make_result: Make) -> None:
    both = [make_result(), make_result(emulated=True)]
    keys = set(numeric_keys(BenchmarkResult))
    assert {"latency_us.p99", "accuracy.confidence_interval.low", "setup_us", "complete"} <= keys
    found = {key for key in keys for result in both if find_value(result, key) is not None}
    assert {"latency_us.median", "instructions.median", "bit_exact.equal", "memory.flash_bytes"} <= found
