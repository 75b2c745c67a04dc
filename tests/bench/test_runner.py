from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.artifact import Artifact, EvaluationSet
from edgekit.bench import runner
from edgekit.bench.request import BenchmarkOptions
from edgekit.bench.result import BenchmarkResult
from edgekit.bench.result_file import parse_result
from edgekit.errors import LinkError, RemoteError, UsageError
from edgekit.evaluation import make_evaluation_set
from edgekit.farm import Device
from edgekit.oracle import find_oracle
from edgekit.tflite_model import read_model
from edgekit.wire.codes import Capability, Status
from tests.fake_session import FAKE_LINUX, FakeSession, fake_device
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
        {"kernels": "fastest"},
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


PI = Device("pi", FAKE_LINUX, "ssh", {"host": "pi.local"})
WATCHED = Capability.TENSORS | Capability.HOST_OS | Capability.WATCH
QUICK = BenchmarkOptions(windows=3, window_s=0.02)
SEEN: dict[str, Any] = {
    "num_samples": 100, "clock_hz": {"min": 1.5e9, "mean": 1.5e9, "max": 1.5e9}, "others_cpu": 0.01,
    "num_runs": 1000, "timed_us": 1e6,
    "power": {
        "sensor": "rpi5_pmic", "scope": "rails", "counted": ["VDD_CORE"], "sampling_hz": 2.0, "step_mw": 1.0,
        "idle": {"n": 10, "mean_mw": 500.0, "rails_mw": {"VDD_CORE": 500.0}},
        "timed": {"n": 100, "mean_mw": 1500.0, "rails_mw": {"VDD_CORE": 1500.0}},
    },
}  # fmt: skip


def on_pi(session: FakeSession, options: BenchmarkOptions = QUICK, **more: Any) -> BenchmarkResult:
    more.setdefault("evaluation", evaluation())
    result = runner.benchmark(ARTIFACT, PI, options, session=session, **more)  # type: ignore[arg-type]
    assert parse_result(result.to_json()) == result
    return result


def watched(**changes: Any) -> FakeSession:
    watch = {"start": {"sensor": "rpi5_pmic"}, "stop": SEEN}
    return FakeSession(**{"capabilities": WATCHED, "found_watch": watch, "max_body": 4096, **changes})


def test_a_linux_board_is_timed_in_windows_and_watched_meanwhile() -> None:
    session = watched(
        ticks=lambda run: 2000 if run == 0 else 1000, configured={"threads": 4, "cores": [0, 1]}
    )
    result = on_pi(session)
    assert result.latency_us is not None
    assert result.latency_us.windows is not None
    assert [each.median for each in result.latency_us.windows] == [1000.0] * 3
    assert result.latency_us.median_interval is not None
    assert result.first_us == 2000
    assert result.conditions is not None
    assert result.conditions.clean is True
    assert result.energy_uj is not None
    assert (result.energy_uj.value, result.energy_uj.scope) == (1000.0, "rails")
    assert (result.runtime.threads, result.runtime.cores) == (4, (0, 1))
    order = [each for each in session.calls if each.startswith(("watch", "conditions", "invoke"))]
    assert order[:5] == ["conditions", "watch_start", "watch_idle", "invoke", "invoke"]
    assert order.index("watch_begin") < order.index("watch_stop") < order.index("conditions", 1)
    assert codes(result) == []


def test_an_emulated_board_has_no_energy_and_no_verdict_whatever_its_hosts_sensors_say() -> None:
    result = run(watched(), emulated=True)
    assert result.energy_uj is None
    assert result.conditions is not None
    assert result.conditions.clean is None


def test_a_board_whose_watcher_died_is_never_called_clean() -> None:
    lost = {"lost": "the watcher has ended by signal 9"}
    result = on_pi(watched(found_watch={"start": {"sensor": "x"}, "stop": lost}))
    assert result.conditions is not None
    assert result.conditions.clean is None
    assert result.energy_uj is None
    assert codes(result) == ["watcher_lost"]


def failing(after: int, error: BaseException) -> Any:
    def ticks(run: int) -> int:
        if run >= after:
            raise error
        return 1000

    return ticks


def fails_after_a_window(error: BaseException) -> dict[str, Any]:
    """A session and a progress: when that has been told of a window, the next run fails."""
    done: list[int] = []

    def ticks(run: int) -> int:
        if done:
            raise error
        return 1000

    @contextlib.contextmanager
    def progress(description: str, total: int | None) -> Iterator[Callable[[int], None]]:
        yield done.append if description == "timing" else lambda number: None

    return {"session": watched(ticks=ticks), "progress": progress}


def test_a_cut_connection_leaves_the_windows_before_it() -> None:
    result = on_pi(**fails_after_a_window(LinkError("the cable is out")))
    assert not result.complete
    assert result.latency_us is not None
    assert result.latency_us.windows is not None
    assert codes(result) == ["incomplete"]
    assert "after 1 of 3 windows: the cable is out" in result.warnings[0].message


def test_an_interrupt_leaves_the_windows_before_it_and_goes_on() -> None:
    kept: list[BenchmarkResult] = []
    given = fails_after_a_window(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        on_pi(**given, keep=kept.append)
    (result,) = kept
    assert parse_result(result.to_json()) == result
    assert not result.complete
    assert result.latency_us is not None
    assert codes(result) == ["incomplete"]
    # Nothing was asked of a device in the middle of an answer.
    assert given["session"].calls[-1] == "invoke"


def test_an_evaluation_set_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "dense.partial.npz"
    whole = on_pi(watched())

    class Cut(FakeSession):
        def read_output(self, *arguments: Any) -> bytes:
            if self.calls.count("read_output") == 5:
                raise LinkError("the cable is out")
            return super().read_output(*arguments)

    cut = Cut(capabilities=WATCHED, found_watch={"stop": SEEN}, max_body=4096)
    first = on_pi(cut, partial=path)
    assert not first.complete
    assert first.accuracy is None
    assert path.exists()
    session = watched()
    second = on_pi(session, partial=path)
    assert second.complete
    assert session.calls.count("read_output") == 12 - 5
    assert second.evaluation is not None
    assert second.evaluation.num_resumed == 5
    assert second.accuracy == whole.accuracy
    assert second.bit_exact == whole.bit_exact
    assert not path.exists()


def test_outputs_of_another_unit_are_not_taken_for_this_ones(tmp_path: Path) -> None:
    path = tmp_path / "dense.partial.npz"
    on_pi(watched(refuses={"stats": Status.RUNTIME_FAILED}), partial=path)
    assert path.exists()
    other = watched()
    other.hello.identity = "unit-8"
    result = on_pi(other, partial=path)
    assert other.calls.count("read_output") == 12
    assert result.evaluation is not None
    assert result.evaluation.num_resumed is None


def test_the_governor_is_set_for_the_runs_and_put_back_after_them() -> None:
    session = watched()
    on_pi(session, BenchmarkOptions(windows=1, window_s=0.01, governor="performance"))
    calls = [each for each in session.calls if "governor" in each or each in ("conditions", "read_output")]
    assert calls[:4] == ["set_governor", "conditions", "conditions", "restore_governor"]


@pytest.mark.parametrize("error", [LinkError("cut"), KeyboardInterrupt()])
def test_the_governor_is_put_back_when_the_timing_fails(error: BaseException) -> None:
    session = watched(ticks=failing(0, error))
    with pytest.raises(type(error)):
        on_pi(session, BenchmarkOptions(governor="performance"))
    assert session.calls[-1] == "restore_governor"


def test_a_governor_that_cannot_be_set_stops_the_benchmark_before_it_begins() -> None:
    session = watched(refuses={"set_governor": Status.RUNTIME_FAILED})
    with pytest.raises(RemoteError, match="refuses set_governor"):
        on_pi(session, BenchmarkOptions(governor="performance"))
    assert "invoke" not in session.calls


def test_a_device_without_governors_is_measured_and_says_so() -> None:
    result = run(FakeSession(), options=BenchmarkOptions(runs=40, warmup=5, governor="performance"))
    assert codes(result) == ["governor_not_set"]


@pytest.fixture
def jumping_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wall clock that somebody sets back and forth by hours."""
    hours = iter(range(1, 1_000_000))
    monkeypatch.setattr(time, "time", lambda: 1e9 + 3600.0 * (-1) ** (number := next(hours)) * number)
    monkeypatch.setattr(time, "time_ns", lambda: int(time.time() * 1e9))


@pytest.mark.usefixtures("jumping_clock")
def test_a_wall_clock_that_jumps_changes_no_number() -> None:
    result = on_pi(watched())
    assert result.complete
    assert result.latency_us is not None
    assert result.latency_us.windows is not None
    assert result.latency_us.median == 1000
    assert all(0.02 <= each.duration_s < 10 for each in result.latency_us.windows)
    assert codes(result) == []
