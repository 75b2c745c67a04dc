"""Modelled cycles in a benchmark, and every way to be without them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from edgekit import cycle_counter, cycle_plugin
from edgekit.artifact import Artifact
from edgekit.bench import runner
from edgekit.bench.cycles import cycles_modelled
from edgekit.bench.request import BenchmarkOptions, request_digest
from edgekit.bench.result import BenchmarkResult
from edgekit.bench.result_file import parse_result
from edgekit.bench.statistics import summarize
from edgekit.board import list_boards, load_board
from edgekit.cycle_counter import CycleModel, ModelledRuns
from edgekit.cycle_model import ModelledRun, find_timings
from edgekit.errors import EdgekitError
from edgekit.farm import Device, find_device
from edgekit.tflite_model import read_model
from edgekit.transports import virtual
from tests.generators.networks import build_small_network

needs_emulator = pytest.mark.skipif(
    any(shutil.which(each) is None for each in ("qemu-system-arm", "arm-none-eabi-gcc", "gcc")),
    reason="needs QEMU, the Arm compiler and gcc: apt install qemu-system-arm gcc-arm-none-eabi gcc",
)
MODEL = read_model(build_small_network(seed=7))
ARTIFACT = Artifact("small", MODEL, {}, None)
DEVICE = find_device("qemu_mps2_an386")
MICROCONTROLLERS = [
    each.name for each in map(load_board, list_boards()) if each.emulator and each.kind == "cortex_m"
]
NOTE = "no_modelled_cycles"


def bench(device: Device = DEVICE) -> BenchmarkResult:
    result = runner.benchmark(ARTIFACT, device, BenchmarkOptions())
    assert parse_result(result.to_json()) == result
    assert result.complete
    assert result.instructions is not None
    return result


def notes(result: BenchmarkResult) -> list[str]:
    return [each.message for each in result.warnings if each.code == NOTE]


@pytest.fixture(scope="module")
def measured() -> BenchmarkResult:
    return bench()


@needs_emulator
def test_a_cortex_m4_needs_more_cycles_than_instructions(measured: BenchmarkResult) -> None:
    cycles, instructions = measured.cycles_modelled, measured.instructions
    assert cycles is not None
    assert instructions is not None
    assert instructions.median < cycles.median < 2 * instructions.median
    assert (cycles.n, cycles.warmup, cycles.resolution) == (instructions.n, instructions.warmup, 1)
    assert measured.cycle_model is not None
    assert measured.cycle_model.timings == "cortex_m4"
    assert measured.cycle_model.flash_wait_states == 0
    assert not notes(measured)


@needs_emulator
def test_runs_and_benchmarks_repeat(measured: BenchmarkResult) -> None:
    assert measured.cycles_modelled is not None
    assert measured.cycles_modelled.min == measured.cycles_modelled.max
    assert bench().cycles_modelled == measured.cycles_modelled


@needs_emulator
def test_each_operator_has_its_cycles_and_classes(measured: BenchmarkResult) -> None:
    assert measured.profile is not None
    assert measured.cycles_modelled is not None
    for each in measured.profile.operators:
        assert each.cycles_modelled is not None
        assert each.instruction_classes is not None
        assert abs(sum(each.instruction_classes.values()) - each.median) <= 4 * measured.profile.resolution
    total = sum(each.cycles_modelled or 0 for each in measured.profile.operators)
    # Run one by one, each also enters and leaves the runtime.
    assert measured.cycles_modelled.median <= total < 1.1 * measured.cycles_modelled.median


@needs_emulator
@pytest.mark.parametrize("name", MICROCONTROLLERS)
def test_every_emulated_microcontroller_has_modelled_cycles(name: str) -> None:
    device = find_device(name)
    result = bench(device)
    assert not notes(result)
    assert result.cycles_modelled is not None
    assert result.cycles_modelled.min == result.cycles_modelled.max
    assert result.cycle_model is not None
    assert device.board.core.startswith(result.cycle_model.timings.replace("cortex_m", "Cortex-M"))


@needs_emulator
def test_without_a_compiler_only_the_cycles_are_missing(
    measured: BenchmarkResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = shutil.which
    monkeypatch.setattr(
        cycle_plugin.shutil, "which", lambda name: None if name in ("gcc", "cc") else which(name)
    )
    check_only_cycles_are_missing(bench(), measured, "no C compiler is installed")


@needs_emulator
def test_with_sources_that_do_not_compile_only_the_cycles_are_missing(
    measured: BenchmarkResult, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.c"
    broken.write_text("this is no C\n")
    monkeypatch.setattr(cycle_plugin, "plugin_sources", lambda: [broken])
    monkeypatch.setattr(cycle_plugin, "_folder", lambda: tmp_path / "cache")
    check_only_cycles_are_missing(bench(), measured, "building the cycle model failed")
    assert list((tmp_path / "cache").iterdir()) == []


@needs_emulator
def test_with_a_cache_that_cannot_be_written_only_the_cycles_are_missing(
    measured: BenchmarkResult, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(cycle_plugin, "_folder", lambda: tmp_path / "file" / "cache")
    check_only_cycles_are_missing(bench(), measured, "cannot build the cycle model in")


@needs_emulator
def test_with_an_emulator_without_plugins_only_the_cycles_are_missing(
    measured: BenchmarkResult, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = shutil.which(virtual.EMULATOR)
    without = tmp_path / "qemu-without-plugins"
    without.write_text(
        f'#!/bin/sh\nfor each; do [ "$each" = -plugin ] && {{ echo "-plugin: invalid option" >&2; exit 1; }}; done\n'
        f'exec {real} "$@"\n'
    )
    without.chmod(0o755)
    monkeypatch.setattr(virtual, "EMULATOR", str(without))
    check_only_cycles_are_missing(bench(), measured, "-plugin: invalid option")


@needs_emulator
def test_with_a_table_that_the_plugin_does_not_know_only_the_cycles_are_missing(
    measured: BenchmarkResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    timings = find_timings("Cortex-M4")
    assert timings is not None
    weights = {**timings.weights, "teleport": {"cycles": 1}}
    monkeypatch.setattr(cycle_counter, "find_timings", lambda core: replace(timings, weights=weights))
    check_only_cycles_are_missing(bench(), measured, "the plugin does not know teleport.cycles=1")


def check_only_cycles_are_missing(result: BenchmarkResult, measured: BenchmarkResult, why: str) -> None:
    assert result.cycles_modelled is None
    assert result.cycle_model is None
    # When the host's bytes arrive decides the phase of the timer's tick.
    assert result.instructions is not None
    assert measured.instructions is not None
    resolution = measured.instructions.resolution
    assert abs(result.instructions.median - measured.instructions.median) <= resolution
    assert result.bit_exact == measured.bit_exact
    assert len(notes(result)) == 1
    assert why in notes(result)[0]
    assert result.profile is not None
    assert measured.profile is not None
    for each, other in zip(result.profile.operators, measured.profile.operators, strict=True):
        assert abs(each.median - other.median) <= resolution
        assert each == replace(other, median=each.median, cycles_modelled=None, instruction_classes=None)


TIMINGS = find_timings("Cortex-M4")
assert TIMINGS is not None
COUNTED = CycleModel(TIMINGS, 0)


def runs(*instructions: int) -> ModelledRuns:
    return ModelledRuns(tuple(ModelledRun(each, 2 * each, 0, 0) for each in instructions), COUNTED)


def test_the_last_of_the_runs_are_the_timed_ones() -> None:
    timed = summarize([1000.0, 1040.0], warmup=1, resolution=40)
    found = cycles_modelled(runs(5, 1001, 1019), timed)
    assert found.modelled is not None
    assert found.model is not None
    assert (found.modelled.samples, found.modelled.warmup) == ((2002, 2038), 1)
    assert (found.model.timings, found.model.basis) == ("cortex_m4", "published by Arm")


def test_a_model_that_saw_other_instructions_than_the_timer_gives_no_figure() -> None:
    timed = summarize([1000.0], warmup=1, resolution=40)
    with pytest.raises(EdgekitError, match=r"saw 1,300 instructions where the core's timer counted 1,000"):
        cycles_modelled(runs(1300), timed)


def test_runs_that_were_not_counted_give_no_figure() -> None:
    timed = summarize([1000.0, 1000.0], warmup=1, resolution=40)
    with pytest.raises(EdgekitError, match="1 runs were counted where 2 were made"):
        cycles_modelled(runs(1000), timed)


def test_another_table_is_another_request(monkeypatch: pytest.MonkeyPatch) -> None:
    from edgekit.bench import request

    before = request_digest(ARTIFACT, DEVICE, BenchmarkOptions(), None)
    monkeypatch.setattr(request, "find_timings", lambda core: replace(TIMINGS, sha256="0" * 64))
    assert request_digest(ARTIFACT, DEVICE, BenchmarkOptions(), None) != before


@needs_emulator
def test_nothing_is_left_in_the_temporary_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cycle_counter.tempfile, "tempdir", str(tmp_path))
    before = set(Path("/proc/self/fd").iterdir())
    assert bench().cycles_modelled is not None
    assert list(tmp_path.iterdir()) == []
    assert len(set(Path("/proc/self/fd").iterdir())) <= len(before)
