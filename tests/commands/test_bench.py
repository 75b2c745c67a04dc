from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit import farm
from edgekit.accelerators import tensorrt
from edgekit.bench import runner
from edgekit.bench.result import BenchmarkResult, Warning
from edgekit.board import load_board
from edgekit.errors import ConnectError
from edgekit.oracle import find_oracle
from tests.commands.bench_command import bench, written
from tests.tiny_model import build_dense

Make = Callable[..., BenchmarkResult]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "dense.tflite"
    path.write_bytes(build_dense())
    return path


@pytest.fixture
def data(tmp_path: Path, model: Path) -> Path:
    inputs = np.random.default_rng(1).integers(-128, 127, (30, 4), dtype=np.int8)
    oracle = find_oracle(model.read_bytes())
    if oracle is None:
        pytest.skip("no reference runtime is installed")
    labels = np.array([int(oracle.invoke([each[None]])[0].argmax()) for each in inputs])
    labels[:6] = (labels[:6] + 1) % 3
    path = tmp_path / "eval.npz"
    np.savez(path, inputs=inputs, labels=labels)
    return path


def test_this_machine_is_measured_and_agrees_with_the_reference(
    tmp_path: Path, model: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (
        model,
        "--on",
        "local",
        "--data",
        data,
        "--kernels",
        "reference",
        "--runs",
        50,
        "--warmup",
        10,
    )
    assert bench(tmp_path, *arguments) == 0
    result = written(tmp_path)["dense__local.json"]
    assert not result.emulated
    assert result.latency_us is not None
    assert (result.latency_us.n, result.latency_us.warmup) == (50, 10)
    assert 0 < result.latency_us.min <= result.latency_us.median <= result.latency_us.max
    assert result.accuracy is not None
    assert (result.accuracy.num_correct, result.accuracy.n) == (24, 30)
    assert result.bit_exact is not None
    assert (result.bit_exact.equal, result.bit_exact.num_samples) == (True, 30)
    assert result.memory.rss_bytes is not None
    assert result.memory.rss_bytes > 1_000_000
    assert result.link is not None
    assert result.link.payload_bytes > len(model.read_bytes()) + 30 * (4 + 3)
    output = capsys.readouterr().out
    assert "80.0 %" in output
    assert "equal, 30/30" in output


@pytest.mark.skipif(
    not all(map(shutil.which, ("make", "arm-none-eabi-gcc", "qemu-system-arm"))),
    reason="needs make, arm-none-eabi-gcc and qemu-system-arm",
)
def test_an_emulated_arm_core_counts_instructions_and_agrees_with_the_reference(
    tmp_path: Path, model: Path, data: Path
) -> None:
    assert bench(tmp_path, model, "--on", "qemu_mps2_an386", "--data", data) == 0
    result = written(tmp_path)["dense__qemu_mps2_an386.json"]
    assert result.emulated
    assert result.latency_us is None
    assert result.instructions is not None
    assert result.instructions.max - result.instructions.min <= result.instructions.resolution == 40
    # 12 multiplications and a softmax: more than a handful, fewer than a convolution.
    assert 200 < result.instructions.median < 20_000
    assert result.bit_exact is not None
    assert (result.bit_exact.equal, result.bit_exact.num_samples) == (True, 30)
    assert result.accuracy is not None
    assert result.accuracy.num_correct == 24
    assert result.profile is not None
    assert [each.name for each in result.profile.operators] == ["FULLY_CONNECTED", "SOFTMAX"]
    assert result.memory.flash_bytes is not None
    assert result.memory.arena_bytes is not None


def test_the_same_command_again_measures_nothing(
    tmp_path: Path, model: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (model, "--on", "local", "--data", data, "--runs", 5)
    assert bench(tmp_path, *arguments) == 0
    path = tmp_path / "out" / "dense__local.json"
    before = path.read_bytes()
    capsys.readouterr()
    assert bench(tmp_path, *arguments) == 0
    assert path.read_bytes() == before
    captured = capsys.readouterr()
    assert "already measured" in captured.err
    assert "80.0 %" in captured.out
    assert bench(tmp_path, *arguments[:-1], 6) == 0
    assert len(written(tmp_path)) == 2


def test_json_goes_to_standard_output_and_nothing_else(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(tmp_path, model, "--on", "local", "--runs", 5, "--json") == 0
    (record,) = json.loads(capsys.readouterr().out)
    assert record["model"]["name"] == "dense"
    assert "accuracy" not in record


def fake_benchmark(make_result: Make, failing: str, **changes: Any) -> Callable[..., BenchmarkResult]:
    def benchmark(artifact: Any, device: Any, options: Any, **more: Any) -> BenchmarkResult:
        if device.name == failing:
            raise ConnectError(f"{device.name} does not answer; check the cable")
        return make_result(artifact.name, device.name, **changes)

    return benchmark


@pytest.fixture
def two_devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "farm.toml"
    tables = [
        f'[devices.{name}]\nboard = "generic_x86_64"\ntransport = "local"\n' for name in ("desk", "shelf")
    ]
    path.write_text("\n".join(tables))
    monkeypatch.setenv("EDGEKIT_FARM", str(path))
    assert {"desk", "shelf"} <= {each.name for each in farm.list_devices()}


@pytest.mark.usefixtures("two_devices")
def test_a_device_that_fails_does_not_lose_the_others(
    tmp_path: Path,
    model: Path,
    make_result: Make,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(runner, "benchmark", fake_benchmark(make_result, "desk"))
    assert bench(tmp_path, model, "--on", "desk", "shelf") == 3
    assert list(written(tmp_path)) == ["dense__shelf.json"]
    assert "desk does not answer; check the cable" in capsys.readouterr().err


@pytest.mark.usefixtures("two_devices")
@pytest.mark.parametrize(("strict", "code"), [([], 0), (["--strict"], 4)])
def test_an_unstable_result_fails_only_under_strict(
    tmp_path: Path,
    model: Path,
    make_result: Make,
    monkeypatch: pytest.MonkeyPatch,
    strict: list[str],
    code: int,
) -> None:
    doubt = (Warning("spread", "the runs scatter", unstable=True),)
    monkeypatch.setattr(runner, "benchmark", fake_benchmark(make_result, "", warnings=doubt))
    assert bench(tmp_path, model, "--on", "desk", *strict) == code
    assert list(written(tmp_path)) == ["dense__desk.json"]


@pytest.mark.usefixtures("two_devices")
def test_a_result_with_a_part_missing_is_kept_and_reported_as_a_failure(
    tmp_path: Path, model: Path, make_result: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "benchmark", fake_benchmark(make_result, "", complete=False))
    assert bench(tmp_path, model, "--on", "desk") == 3
    assert list(written(tmp_path)) == ["dense__desk.json"]


def test_two_models_of_one_name_keep_both_results(tmp_path: Path, model: Path) -> None:
    other = tmp_path / "other" / "dense.tflite"
    other.parent.mkdir()
    other.write_bytes(build_dense(np.zeros((3, 4))))
    assert bench(tmp_path, model, other, "--on", "local", "--runs", 5) == 0
    shas = {result.model.sha256 for result in written(tmp_path).values()}
    assert len(shas) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["no.tflite", "--on", "local"], 1, "no.tflite"),
        (["{model}", "--on", "locall"], 1, "did you mean 'local'"),
        (["{model}", "--on", "local", "--data", "{model}"], 1, "dense.tflite"),
        (["{model}", "--on", "local", "--runs", "0"], 2, "at least 1 run"),
        (["{model}", "--on", "local", "--timeout", "-1"], 2, "timeout"),
    ],
)
def test_a_wrong_command_gives_one_sentence_and_leaves_nothing(
    tmp_path: Path,
    model: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    assert bench(tmp_path, *(each.replace("{model}", str(model)) for each in arguments)) == code
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_a_file_is_refused_before_anything_is_measured(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").write_text("mine")
    assert bench(tmp_path, model, "--on", "local") == 1
    assert "takes a folder" in capsys.readouterr().err
    assert (tmp_path / "out").read_text() == "mine"


def test_this_machine_is_watched_while_it_is_timed(tmp_path: Path, model: Path) -> None:
    assert bench(tmp_path, model, "--on", "local", "--windows", "2", "--window-s", "1") == 0
    (result,) = written(tmp_path).values()
    assert result.latency_us is not None
    assert result.latency_us.windows is not None
    assert [each.duration_s >= 1.0 for each in result.latency_us.windows] == [True, True]
    assert result.first_us is not None
    assert result.harness_us is not None
    assert 0 < result.harness_us < 10
    assert result.conditions is not None
    assert result.conditions.during is not None
    assert "lost" not in result.conditions.during
    assert result.conditions.during["num_runs"] == result.latency_us.n
    assert result.conditions.reasons
    assert result.runtime.threads == 1


@pytest.mark.skipif(
    any(Path("/sys/devices/system/cpu").glob("cpu*/cpufreq/scaling_governor")),
    reason="this machine has governors, and they are not this test's to set",
)
def test_a_governor_that_cannot_be_set_is_one_clear_sentence(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(tmp_path, model, "--on", "local", "--quick", "--set-governor", "performance") == 3
    assert "this board has no frequency governor that could be set" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_impossible_options_are_refused_before_a_device_is_touched(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def untouchable(*arguments: object, **more: object) -> object:
        raise AssertionError("a device was touched")

    monkeypatch.setattr(farm, "connect", untouchable)
    for arguments, message in (
        (("local", "--runtime", "edgekit", "--delegate", "edgetpu"), "has no delegates"),
        (("local", "--kernels", "reference", "--delegate", "xnnpack"), "reference kernels run without"),
        (("local", "--cores", "3-1"), "expected numbers and ranges"),
        (("local", "qemu_mps2_an386", "--threads", "2"), "--threads 2 means nothing"),
    ):
        assert bench(tmp_path, model, "--on", *arguments) == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_was_in_force_is_in_the_result_and_a_sample_that_differs_beside_it(
    tmp_path: Path, model: Path, data: Path
) -> None:
    arguments = ("--on", "local", "--data", data, "--runs", 20, "--warmup", 2)
    assert bench(tmp_path, model, *arguments, "--delegate", "none", "--threads", 2, "--cores", "0") == 0
    result = written(tmp_path)["dense__local.json"]
    runtime = result.runtime
    assert runtime.delegate is not None
    assert (runtime.delegate.name, runtime.delegate.num_operators_delegated) == ("none", 0)
    assert (runtime.kernels, runtime.threads, runtime.cores) == ("fast", 2, (0,))
    assert result.harness_us is not None
    assert 0 < result.harness_us < 10
    exact = result.bit_exact
    assert exact is not None
    assert exact.tolerance_lsb == 1
    kept = tmp_path / "out" / "dense__local.first_difference.npz"
    assert kept.exists() is (exact.num_different > 0)


def test_tensorrt_is_asked_only_of_boards_over_ssh(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(tmp_path, model, "--on", "local", "--beside", "tensorrt") == 2
    assert "leave out the devices that are not reached by it" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_second_program_that_fails_costs_no_result(
    tmp_path: Path,
    model: Path,
    ssh_server: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ssh_server.trust()
    device = farm.Device("jetson", load_board("generic_x86_64"), "ssh", ssh_server.settings)
    monkeypatch.setattr(farm, "find_device", lambda name: device)
    monkeypatch.setattr(tensorrt, "convert_to_onnx", lambda model, deadline: b"onnx")
    monkeypatch.setattr(tensorrt, "_TRTEXEC", ("no-such-trtexec",))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    arguments = ("--on", "jetson", "--beside", "tensorrt", "--runs", 10, "--warmup", 1)
    assert bench(tmp_path, model, *arguments) == 0
    assert "TensorRT with dense on jetson: jetson has no trtexec" in capsys.readouterr().err
    assert written(tmp_path)["dense__jetson.json"].complete


def test_a_difference_of_an_earlier_run_does_not_stay_beside_a_result_without_one(
    tmp_path: Path, model: Path, data: Path
) -> None:
    stale = tmp_path / "out" / "dense__local.first_difference.npz"
    stale.parent.mkdir()
    stale.write_bytes(b"of an earlier run")
    arguments = ("--on", "local", "--data", data, "--kernels", "reference", "--runs", 10, "--warmup", 1)
    assert bench(tmp_path, model, *arguments) == 0
    exact = written(tmp_path)["dense__local.json"].bit_exact
    assert exact is not None
    assert exact.equal
    assert not stale.exists()
