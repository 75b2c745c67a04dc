from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgekit.cli import main
from tests.exporters.planted import Network
from tests.generators.networks import build_small_network
from tests.test_deploy import model_with_a_float_operator


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.tflite"
    path.write_bytes(build_small_network())
    return path


def test_a_model_is_described_operator_by_operator(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(model)]) == 0
    out = capsys.readouterr().out
    assert "input 0: int8 1×8×8×1, scale 0.05, zero point -3" in out
    assert "DEPTHWISE_CONV_2D" in out
    assert "fits" not in out


def test_a_model_that_fits_a_board_ends_with_0(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(model), "--board", "qemu_mps2_an386"]) == 0
    assert "\nfits qemu_mps2_an386" in capsys.readouterr().out


def test_a_model_that_does_not_run_ends_with_1_and_the_operators_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "float.tflite"
    path.write_bytes(model_with_a_float_operator().data)
    assert main(["inspect", str(path), "--board", "qemu_mps2_an386"]) == 1
    assert "does not run on qemu_mps2_an386: operator 2 MATRIX_DIAG: no kernel" in capsys.readouterr().out


def test_json_has_the_operators_and_the_verdict(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(model), "--board", "qemu_mps2_an386", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in content["operators"]][-1] == "SOFTMAX"
    assert content["fit"]["fits"] is True
    assert {each["what"] for each in content["fit"]["needs"]} == {
        "firmware in flash",
        "model",
        "arena in RAM",
    }


def test_an_unknown_board_is_suggested(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(model), "--board", "qemu_mps2_an387"]) == 1
    assert "did you mean 'qemu_mps2_an386'" in capsys.readouterr().err


def test_an_accelerator_is_told_operator_by_operator(
    model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["inspect", str(model), "--accelerator", "edgetpu"]) == 0
    out, notes = capsys.readouterr()
    assert "edgetpu, prediction by published operator rules" in out
    assert "on the Edge TPU" in out
    assert "the compiler may decide otherwise" in notes
    assert main(["inspect", str(model), "--accelerator", "edgetpu", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["accelerator"]["evidence"] == "prediction"
    assert len(content["accelerator"]["operators"]) == len(content["operators"])
    assert "accelerator" not in content["operators"][0]


def test_the_real_ethos_u_compiler_is_asked(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("ethosu.vela", reason="needs ethos-u-vela: pip install 'edgekit[ethos]'")
    assert main(["inspect", str(model), "--accelerator", "ethos-u55-128", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["accelerator"]
    assert found["evidence"] == "estimate"
    assert found["quantities"]["cycles"] > 0
    assert main(["inspect", str(model), "--accelerator", "ethos-u55-128"]) == 0
    assert "(estimate)" in capsys.readouterr().out


def test_an_unknown_accelerator_is_an_error_before_the_model_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", str(tmp_path / "none.tflite"), "--accelerator", "etos-u55-128"]) == 1
    assert "did you mean 'ethos-u55-128'" in capsys.readouterr().err


def test_dead_channels_are_told_with_what_they_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = Network((1, 6, 6, 2))
    net.conv(12, {1: "positive", 7: "negative"})
    net.conv(3)
    path = tmp_path / "model.tflite"
    path.write_bytes(net.build())
    assert main(["inspect", str(path)]) == 0
    out, notes = capsys.readouterr()
    assert (
        "dead channels: 2 of 15 never change; 2 can be removed, and with them 360 MACs (17 %) and 18 B" in out
    )
    assert f"edgekit trim {path}" in notes
    assert main(["inspect", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dead_channels"]["num_removable"] == 2


def test_of_a_float_model_nothing_is_claimed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "float.tflite"
    path.write_bytes(model_with_a_float_operator().data)
    assert main(["inspect", str(path)]) == 0
    out, notes = capsys.readouterr()
    assert "dead channels: unknown; no convolution or dense layer of plain int8" in out
    assert "trim" not in notes
