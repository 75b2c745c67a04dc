from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgekit.artifact import Artifact, EvaluationSet
from edgekit.bench import result as r
from edgekit.bench import runner
from edgekit.bench.difference import Difference
from edgekit.bench.request import BenchmarkOptions
from edgekit.bench.result import BenchmarkResult
from edgekit.bench.result_file import parse_result
from edgekit.errors import LinkError, UsageError
from edgekit.evaluation import make_evaluation_set
from edgekit.oracle import find_oracle
from edgekit.runtime_options import RuntimeOptions
from edgekit.tflite_model import read_model
from edgekit.wire.codes import Capability, Status
from tests.fake_session import FakeSession, fake_device
from tests.tiny_model import build_dense

MODEL = read_model(build_dense())
ARTIFACT = Artifact("dense", MODEL, {}, None)
OPTIONS = BenchmarkOptions(runs=40, warmup=5)

pytestmark = pytest.mark.skipif(find_oracle(MODEL.data) is None, reason="no reference runtime is installed")


def evaluation(num_samples: int = 12) -> EvaluationSet:
    inputs = np.random.default_rng(1).integers(-128, 127, (num_samples, 4), dtype=np.int8)
    oracle = find_oracle(MODEL.data)
    assert oracle is not None
    labels = np.array([int(oracle.invoke([each[None]])[0].argmax()) for each in inputs])
    labels[:3] = (labels[:3] + 1) % 3
    return EvaluationSet((inputs,), labels, "e5" * 32)


def run(
    session: FakeSession, *, emulated: bool = False, options: BenchmarkOptions = OPTIONS, **more: Any
) -> BenchmarkResult:
    more.setdefault("evaluation", evaluation())
    result = runner.benchmark(ARTIFACT, fake_device(emulated), options, session=session, **more)  # type: ignore[arg-type]
    # Whatever is measured, it must be possible to read it back.
    assert parse_result(result.to_json()) == result
    return result


def codes(result: BenchmarkResult) -> list[str]:
    return [each.code for each in result.warnings]


def test_a_real_device_gives_latency_memory_accuracy_and_exactness() -> None:
    result = run(FakeSession(ticks=lambda n: 1000 + n % 2))
    assert result.complete
    assert result.warnings == ()
    assert result.latency_us is not None
    assert (result.latency_us.median, result.latency_us.n, result.latency_us.warmup) == (1000.5, 40, 5)
    assert result.instructions is None
    assert result.memory.arena_bytes == 512
    assert result.memory.flash_bytes == 40_000
    assert result.accuracy is not None
    assert (result.accuracy.num_correct, result.accuracy.n) == (9, 12)
    assert result.bit_exact is not None
    assert (result.bit_exact.equal, result.bit_exact.num_samples) == (True, 12)
    assert result.model.sha256 == MODEL.sha256
    assert result.device_identity == "unit-7"


def test_an_emulated_device_gives_instructions_and_no_time() -> None:
    session = FakeSession(ticks=lambda n: 700, found_stats={"setup_ticks": 50})
    result = run(session, emulated=True, options=BenchmarkOptions())
    assert result.latency_us is None
    assert result.instructions is not None
    assert (result.instructions.median, result.instructions.n, result.instructions.resolution) == (
        28_000,
        3,
        40,
    )
    assert result.setup_instructions == 2000
    assert result.setup_us is None
    assert result.profile is not None
    assert [each.median for each in result.profile.operators] == [400, 800]
    assert result.profile.quantity == "instructions"


def test_instructions_that_vary_make_the_result_unstable() -> None:
    result = run(FakeSession(ticks=lambda n: 700 + 3 * n), emulated=True)
    assert codes(result) == ["instructions_vary"]
    assert result.unstable


def test_the_profile_of_a_real_device_is_in_microseconds() -> None:
    result = run(FakeSession())
    assert result.profile is not None
    assert (result.profile.quantity, result.profile.runs) == ("latency_us", 10)
    assert [(each.name, each.median) for each in result.profile.operators] == [
        ("FULLY_CONNECTED", 10),
        ("SOFTMAX", 20),
    ]


def test_a_device_that_cannot_step_has_no_profile() -> None:
    assert run(FakeSession(capabilities=Capability.NONE)).profile is None


@pytest.mark.parametrize("capabilities", [Capability.STEP | Capability.TENSORS, Capability.TENSORS])
@pytest.mark.parametrize(("faulty", "name", "tensor"), [(0, "FULLY_CONNECTED", 3), (1, "SOFTMAX", 4)])
def test_a_faulty_operator_is_found(capabilities: Capability, faulty: int, name: str, tensor: int) -> None:
    result = run(FakeSession(faulty_operator=faulty, capabilities=capabilities))
    exact = result.bit_exact
    assert exact is not None
    assert not exact.equal
    assert (exact.num_different, exact.max_abs_difference, exact.first_differing_sample) == (12, 1, 0)
    operator = exact.first_differing_operator
    assert operator is not None
    assert (operator.index, operator.name, operator.tensor, operator.element) == (
        faulty,
        name,
        tensor,
        (0, 0),
    )
    assert operator.expected is not None
    assert operator.found is not None
    assert abs(operator.expected - operator.found) == 1
    assert codes(result) == ["not_bit_exact"]


def test_a_device_that_hides_its_tensors_still_says_that_it_differs() -> None:
    exact = run(FakeSession(faulty_operator=0, capabilities=Capability.NONE)).bit_exact
    assert exact is not None
    assert (exact.equal, exact.first_differing_operator) == (False, None)


def test_without_data_noise_is_run_and_there_is_no_accuracy() -> None:
    result = run(FakeSession(), evaluation=None)
    assert result.accuracy is None
    assert result.evaluation is not None
    assert (result.evaluation.source, result.evaluation.n) == ("random", 20)
    assert result.bit_exact is not None
    assert result.bit_exact.num_samples == 20
    assert codes(result) == []


def test_labels_that_are_no_classes_give_a_warning_and_no_accuracy() -> None:
    given = evaluation()
    result = run(FakeSession(), evaluation=EvaluationSet(given.inputs, np.full(12, 99), "00"))
    assert result.accuracy is None
    assert codes(result) == ["labels"]


def test_an_anomaly_model_is_judged_by_how_it_reproduces_recordings() -> None:
    model = read_model(build_dense(np.ones((4, 4))))
    inputs = np.array([[-1] * 4, [90] * 4, [-1] * 4, [90] * 4, [70] * 4], np.int8)
    given = make_evaluation_set(
        [inputs], np.array([0, 1, 0, 1, 0]), model, "anomaly", np.array([1, 2, 1, 4, 5])
    )
    result = runner.benchmark(
        Artifact("dense", model, {}, None),
        fake_device(False),
        OPTIONS,
        session=FakeSession(),  # type: ignore[arg-type]
        evaluation=given,
    )
    assert parse_result(result.to_json()) == result
    assert result.accuracy is not None
    assert (result.accuracy.metric, result.accuracy.value, result.accuracy.n) == ("auc", 1.0, 4)
    assert "num_correct" not in result.to_json()["accuracy"]
    assert codes(result) == []


@pytest.mark.parametrize("method", ["read_output", "stats", "read_tensor"])
def test_a_link_that_fails_after_the_latency_does_not_void_it(method: str) -> None:
    result = run(FakeSession(fails_on=frozenset({method}), faulty_operator=0))
    assert result.latency_us is not None
    assert not result.complete
    assert "incomplete" in codes(result)


def test_a_lost_link_is_not_tried_again_for_each_part() -> None:
    session = FakeSession(fails_on=frozenset({"read_output"}))
    result = run(session)
    assert session.calls.count("read_output") == 1
    assert "stats" not in session.calls
    assert codes(result) == ["incomplete"]


@pytest.mark.parametrize("method", ["load", "write_input", "invoke"])
def test_without_a_latency_there_is_no_result(method: str) -> None:
    with pytest.raises(LinkError, match=method):
        run(FakeSession(fails_on=frozenset({method})))


def test_a_model_that_arrived_changed_is_not_measured() -> None:
    with pytest.raises(LinkError, match="the device holds a model with sha256 ffff"):
        run(FakeSession(sha256="f" * 64))


def test_a_missing_reference_is_said_and_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "find_oracle", lambda model: None)
    result = run(FakeSession())
    assert result.bit_exact is None
    assert codes(result) == ["no_oracle"]


def test_conditions_are_kept_without_what_the_device_does_not_know() -> None:
    found = {"governor": "powersave", "clock_hz": None, "temperatures_c": {"cpu": float("nan")}}
    result = run(FakeSession(found_conditions=found))
    assert result.conditions is not None
    assert result.to_json()["conditions"]["before"] == {"governor": "powersave"}
    assert codes(result) == ["governor"]


@pytest.mark.parametrize("status", [Status.UNKNOWN_KIND, Status.RUNTIME_FAILED])
def test_a_device_that_refuses_one_question_is_asked_the_others(status: Status) -> None:
    session = FakeSession(refuses={"conditions": status})
    result = run(session)
    assert result.bit_exact is not None
    assert result.memory.flash_bytes == 40_000
    assert codes(result) == ["incomplete", "incomplete"]


@pytest.mark.parametrize(
    "options",
    [
        {"runs": 0},
        {"warmup": -1},
        {"timeout_s": 0},
        {"timeout_s": float("nan")},
        {"windows": 0},
        {"window_s": 0},
        {"window_s": float("nan")},
        {"window_s": 1e9},
        {"governor": "per formance"},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        BenchmarkOptions(**options)


HOST_OS = Capability.TENSORS | Capability.HOST_OS
IN_FORCE = {
    "kernels": "fast", "runtime": "litert", "name": "ai-edge-litert 9", "threads": 2, "cores": [0, 3],
    "delegate": "xnnpack", "num_operators_delegated": 7, "num_partitions": 2,
}  # fmt: skip


def test_the_result_says_what_was_in_force_and_not_what_was_asked_for() -> None:
    asked = RuntimeOptions(threads=4, cores=(0, 3))
    result = run(FakeSession(found_runtime=IN_FORCE), options=replace(OPTIONS, runtime=asked))
    assert result.runtime == r.Runtime(
        "ai-edge-litert 9", "1", None, "fast", r.Delegate("xnnpack", 7, 2), 2, (0, 3)
    )
    assert (result.options.threads, result.options.cores, result.options.delegate) == (4, (0, 3), None)


def test_a_device_that_tells_nothing_of_its_runtime_is_named_by_its_greeting() -> None:
    assert run(FakeSession()).runtime == r.Runtime("fake", "1")


@pytest.mark.parametrize(("delegate", "hint"), [("xnnpack", False), ("edgetpu", True)])
def test_a_delegate_that_took_nothing_is_said(delegate: str, hint: bool) -> None:
    found = {**IN_FORCE, "delegate": delegate, "num_operators_delegated": 0, "num_partitions": 0}
    options = replace(OPTIONS, runtime=RuntimeOptions(delegate=delegate))
    result = run(FakeSession(found_runtime=found), options=options)
    assert codes(result) == ["nothing_delegated"]
    assert ("edgetpu_compiler" in result.warnings[0].message) is hint
    assert run(FakeSession(found_runtime=found)).warnings == ()


def test_fast_kernels_may_round_otherwise_and_the_sample_is_kept() -> None:
    kept: list[Difference] = []
    session = FakeSession(HOST_OS, faulty_operator=len(MODEL.operators) - 1)
    result = run(session, on_difference=kept.append)
    exact = result.bit_exact
    assert exact is not None
    assert (exact.equal, exact.within_tolerance, exact.max_abs_difference) == (False, True, 1)
    assert (exact.tolerance_lsb, exact.num_beyond_tolerance, exact.num_different) == (1, 0, 12)
    assert "not_bit_exact" not in codes(result)
    (difference,) = kept
    assert difference.sample == 0
    assert difference.inputs[0].tobytes() == evaluation().inputs[0][0].tobytes()
    assert (difference.found[0] != difference.expected[0]).any()


def test_the_reference_kernels_must_be_exact() -> None:
    kept: list[Difference] = []
    session = FakeSession(HOST_OS, faulty_operator=len(MODEL.operators) - 1)
    options = replace(OPTIONS, runtime=RuntimeOptions(kernels="reference"))
    result = run(session, options=options, on_difference=kept.append)
    assert result.bit_exact is not None
    assert result.bit_exact.tolerance_lsb is None
    assert not result.bit_exact.within_tolerance
    assert "not_bit_exact" in codes(result)
    assert len(kept) == 1


def test_nothing_is_kept_of_outputs_that_are_equal() -> None:
    kept: list[Difference] = []
    result = run(FakeSession(HOST_OS), on_difference=kept.append)
    assert result.bit_exact is not None
    assert result.bit_exact.equal
    assert kept == []


@pytest.mark.parametrize(("harness_ns", "warned"), [(9_000, False), (11_000, True)])
def test_a_harness_that_takes_more_than_a_hundredth_is_said(harness_ns: int, warned: bool) -> None:
    result = run(FakeSession(ticks=lambda n: 1000, found_stats={"harness_ns": harness_ns}))
    assert result.harness_us == harness_ns / 1000
    assert ("harness" in codes(result)) is warned
    assert not result.unstable


def test_an_emulated_harness_takes_no_time_of_silicon() -> None:
    assert run(FakeSession(found_stats={"harness_ns": 5}), emulated=True).harness_us is None
