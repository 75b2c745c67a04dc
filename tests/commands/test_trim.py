from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgekit.artifact import EvaluationSet, load_artifact, write_artifact
from edgekit.cli import main
from edgekit.exporters import _weighted_making
from edgekit.tflite_model import load_model, read_model
from tests.exporters.planted import Network
from tests.generators.networks import build_small_network
from tests.test_deploy import model_with_a_float_operator


def _wasteful(kind: str = "negative", padded: bool = False) -> bytes:
    """12 channels of which 6 are dead, 2 of them because nobody reads them."""
    net = Network((1, 6, 6, 2))
    net.conv(12, dict.fromkeys((1, 2, 3, 7), kind))
    net.conv(3, size=3 if padded else 1, silent_inputs=(8, 9))
    return net.build()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.tflite"
    path.write_bytes(_wasteful())
    return path


def test_a_file_becomes_a_smaller_file_beside_it(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trim", str(model)]) == 0
    out = capsys.readouterr().out
    smaller = load_model(model.with_name("model_trimmed.tflite"))
    assert smaller.tensors[smaller.operators[0].outputs[0]].shape == (1, 6, 6, 8)
    assert "dead channels: 4 of 15 never change; 4 can be removed" in out
    assert "outputs are the same on extreme and random inputs, by tflite-micro" in out
    assert model.read_bytes() == _wasteful()


def test_the_smallest_file_has_no_dead_channel(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "small.tflite"
    assert main(["trim", str(model), "--multiple", "1", "--out", str(out)]) == 0
    smaller = load_model(out)
    assert smaller.tensors[smaller.operators[0].outputs[0]].shape == (1, 6, 6, 6)


def test_json_says_what_went_and_what_it_was_checked_with(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trim", str(model), "--json", "--multiple", "1"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["sha256"] == load_model(Path(content["written"])).sha256
    assert content["dead_channels"] == {
        "num_channels": 15,
        "num_constant": 4,
        "num_removable": 6,
        "macs": content["macs"]["before"] - content["macs"]["after"],
        "weight_bytes": 6 * (2 + 4) + 6 * 3,
    }
    assert content["checked_with"].startswith("tflite-micro")


def test_an_artifact_becomes_an_artifact_with_its_evaluation_set(tmp_path: Path) -> None:
    model = read_model(_wasteful())
    inputs = np.zeros((3, 6, 6, 2), np.int8)
    folder = tmp_path / "wasteful"
    write_artifact(
        folder, model, EvaluationSet((inputs,), None, "0" * 64), {"name": "wasteful", "seed": 7}, {}
    )
    assert main(["trim", str(folder)]) == 0
    trimmed = load_artifact(tmp_path / "wasteful_trimmed")
    assert len(trimmed.model.data) < len(model.data)
    assert trimmed.info["trimmed_from"] == model.sha256
    assert trimmed.info["seed"] == 7
    assert trimmed.info["macs"] == trimmed.model.macs
    assert trimmed.evaluation_path is not None
    assert (tmp_path / "wasteful_trimmed" / "model_data.c").is_file()


@pytest.mark.parametrize(
    ("data", "is_understood"), [(build_small_network(), True), (model_with_a_float_operator().data, False)]
)
def test_a_model_without_dead_channels_is_written_as_it_was(
    data: bytes, is_understood: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "model.tflite", tmp_path / "same.tflite"
    path.write_bytes(data)
    assert main(["trim", str(path), "--out", str(out)]) == 0
    assert out.read_bytes() == data
    printed = capsys.readouterr()
    assert "the model is written as it was" in printed.out
    assert ("nothing is proven" in printed.out) == (not is_understood)


def test_nothing_is_written_where_outputs_would_differ(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_weighted_making, "find_extents", lambda *sizes: ((0, sizes[2]),))
    path, out = tmp_path / "model.tflite", tmp_path / "wrong.tflite"
    path.write_bytes(_wasteful("positive", padded=True))
    assert main(["trim", str(path), "--out", str(out)]) == 1
    assert "answers otherwise" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("multiple", ["0", "-4", "four"])
def test_an_impossible_multiple_is_a_usage_error(
    multiple: str, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trim", str(model), "--multiple", multiple]) == 2
    assert "--multiple" in capsys.readouterr().err


def test_a_folder_with_other_files_is_not_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, other = tmp_path / "wasteful", tmp_path / "other"
    write_artifact(folder, read_model(_wasteful()), None, {}, {})
    other.mkdir()
    (other / "thesis.txt").write_text("all of it")
    assert main(["trim", str(folder), "--out", str(other)]) == 1
    assert "thesis.txt" in capsys.readouterr().err
    assert [each.name for each in other.iterdir()] == ["thesis.txt"]


def test_what_is_no_model_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(b"no model at all")
    assert main(["trim", str(path)]) == 1
    assert "not a .tflite model" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["model.tflite"]
