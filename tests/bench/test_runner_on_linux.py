"""The runner on a Linux board: windows, the watcher, the governor, energy, and what an early end leaves."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edgekit.bench import runner
from edgekit.bench.request import BenchmarkOptions
from edgekit.bench.result import BenchmarkResult
from edgekit.bench.result_file import parse_result
from edgekit.errors import LinkError, RemoteError
from edgekit.farm import Device
from edgekit.oracle import find_oracle
from edgekit.wire.codes import Capability, Status
from tests.bench.test_runner import ARTIFACT, MODEL, codes, evaluation, run
from tests.fake_session import FAKE_LINUX, FakeSession

pytestmark = pytest.mark.skipif(find_oracle(MODEL.data) is None, reason="no reference runtime is installed")

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
        ticks=lambda run: 2000 if run == 0 else 1000, found_runtime={"threads": 4, "cores": [0, 1]}
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
