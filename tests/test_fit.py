from __future__ import annotations

import dataclasses

import pytest

from edgekit import fit
from edgekit.board import load_board
from edgekit.errors import MissingDependencyError
from edgekit.fit import check_fit
from edgekit.host_runtime import HostRuntime
from edgekit.tflite_model import read_model
from tests.generators.networks import build_small_network
from tests.test_deploy import model_with_a_float_operator

BOARD = load_board("qemu_mps2_an386")
MODEL = read_model(build_small_network())


def test_a_model_that_fits_is_told_with_every_memory() -> None:
    found = check_fit(MODEL, BOARD)
    assert found.fits
    assert [each.what for each in found.needs] == ["firmware in flash", "model", "arena in RAM"]
    assert found.needs[1].needed_bytes == len(MODEL.data)
    assert found.needs[2].needed_bytes == HostRuntime(MODEL.data).report.arena_bytes
    assert [each.operator.name for each in found.operators][:2] == ["CONV_2D", "DEPTHWISE_CONV_2D"]
    assert found.operators[0].weight_bytes == 4 * 9 + 4 * 4
    assert found.operators[0].activation_bytes == 8 * 8 + 8 * 8 * 4


def test_every_operator_that_the_runtime_lacks_is_named() -> None:
    found = check_fit(model_with_a_float_operator(), BOARD)
    assert not found.fits
    assert found.refusal == "operator 2 MATRIX_DIAG: no kernel for this operator"
    assert [each.refusal for each in found.operators] == [None, None, "no kernel for this operator"]


def test_a_memory_that_is_too_small_does_not_fit() -> None:
    need = fit.Need("arena", 100, 99)
    assert not need.fits
    assert fit.Need("arena", 99, 99).fits
    assert fit.Need("arena", 10**9, None).fits
    assert not fit.Fit(BOARD, (), (need,), None, ()).fits


def test_without_a_compiler_what_is_not_known_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise MissingDependencyError("no gcc")

    monkeypatch.setattr("edgekit.host_runtime.HostRuntime", missing)
    found = check_fit(MODEL, BOARD)
    assert found.notes == ("operators and arena were not checked: no gcc",)


def test_a_linux_board_is_judged_by_its_memory_alone() -> None:
    board = load_board("generic_aarch64")
    assert check_fit(MODEL, board).fits
    assert not check_fit(MODEL, dataclasses.replace(board, ram_bytes=1000)).fits
