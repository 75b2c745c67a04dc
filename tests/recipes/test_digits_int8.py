"""Trains for real, in subprocesses: TensorFlow must not get into the process of the other tests."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.artifact import load_artifact, load_evaluation_set
from edgekit.oracle import LiteRtOracle, MicroOracle, find_oracle
from edgekit.resources import find_resource_dir

_RECIPE = find_resource_dir("recipes") / "digits_int8.py"
pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(each) is None for each in ("tensorflow", "tf_keras", "sklearn")),
    reason="needs edgekit[train]",
)


def _run(out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(_RECIPE), "--out", str(out), *arguments],
        capture_output=True,
        text=True,
        cwd=out.parent,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("smoke") / "first"
    result = _run(folder, "--smoke", "--json")
    assert result.returncode == 0, result.stderr
    return folder, result


_PROGRAM = """
import sys
from edgekit.recipe import run_recipe
from edgekit.recipe_file import load_recipe
from pathlib import Path
recipe, folder = load_recipe(sys.argv[1]), Path(sys.argv[2])
run_recipe(recipe, folder / "again", smoke=True)
run_recipe(recipe, folder / "other", smoke=True, seed=7)
run_recipe(recipe, folder / "digits_int8")
"""


@pytest.fixture(scope="session")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In one process: the smoke run once more, with another seed, and the whole recipe."""
    folder = tmp_path_factory.mktemp("others")
    result = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(_RECIPE), str(folder)],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PYTHONPATH": str(_RECIPE.parents[1]), "PATH": "/usr/bin:/bin"},
        timeout=500,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="session")
def full(others: Path) -> Path:
    return others / "digits_int8"


def test_the_recipe_keeps_its_promises_on_the_host_oracle(full: Path) -> None:
    artifact = load_artifact(full)
    assert artifact.evaluation_path is not None
    evaluation = load_evaluation_set(artifact.evaluation_path, artifact.model)
    oracle = find_oracle(artifact.model.data)
    assert oracle is not None
    predictions = [int(oracle.invoke([each[np.newaxis]])[0].argmax()) for each in evaluation.inputs[0]]
    accuracy = artifact.info["accuracy"]
    (step,) = accuracy["techniques"]
    assert len(evaluation) == accuracy["n"] == 355
    assert accuracy["float"]["value"] >= 0.97
    assert accuracy["float"]["value"] == step["before"]
    assert step["after"] >= step["before"] - 0.005
    assert step["after"] == float((np.array(predictions) == evaluation.labels).mean())
    assert step["agreement_with_float"] >= 0.98


def test_the_model_is_int8_throughout_with_the_operators_of_small_vision_models(full: Path) -> None:
    model = load_artifact(full).model
    assert {each.dtype for each in model.tensors if not each.is_constant} == {"int8"}
    assert [each.name for each in model.operators] == [
        *("CONV_2D", "DEPTHWISE_CONV_2D", "CONV_2D", "ADD", "MAX_POOL_2D", "CONV_2D", "AVERAGE_POOL_2D"),
        *("RESHAPE", "FULLY_CONNECTED", "SOFTMAX"),
    ]
    assert model.macs == 8 * 8 * 16 * 9 * 2 + 8 * 8 * 16 * 16 + 4 * 4 * 32 * 9 * 16 + 128 * 10


def test_both_references_and_what_they_differ_in_are_in_the_record(full: Path) -> None:
    pytest.importorskip("tflite_micro")
    accuracy = load_artifact(full).info["accuracy"]
    micro, litert = accuracy["references"]
    assert micro["runtime"].startswith("tflite-micro ")
    assert litert["runtime"].startswith("ai-edge-litert ")
    assert micro["value"] == accuracy["techniques"][-1]["after"]
    assert (micro["n"], litert["n"]) == (355, 200)
    assert litert["num_differing"] <= 1


def test_both_reference_runtimes_agree_but_for_ties_that_they_round_differently(full: Path) -> None:
    """TFLM and LiteRT multiply the scales of FULLY_CONNECTED in different precision, which moves a tie by 1."""
    pytest.importorskip("tflite_micro")
    artifact = load_artifact(full)
    assert artifact.evaluation_path is not None
    micro, litert = MicroOracle(artifact.model), LiteRtOracle(artifact.model)
    differences = []
    for sample in load_evaluation_set(artifact.evaluation_path, artifact.model).inputs[0]:
        inputs = [sample[np.newaxis]]
        differences.append(micro.invoke(inputs)[0].astype(int) - litert.invoke(inputs)[0])
    assert np.abs(differences).max() <= 1
    assert np.mean(np.array(differences) != 0) < 0.01


def test_a_smoke_run_writes_the_same_kind_of_artifact(smoke: tuple[Path, Any], full: Path) -> None:
    folder, _ = smoke
    small, large = load_artifact(folder), load_artifact(full)
    assert sorted(small.info) == sorted(large.info)
    assert small.info["smoke"] is True
    assert [each.name for each in small.model.operators] == [each.name for each in large.model.operators]
    assert {each.name for each in folder.iterdir()} == set(large.info["files"])


def test_json_on_standard_output_repeats_the_artifact_and_says_how_long_it_took(
    smoke: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, result = smoke
    printed = json.loads(result.stdout)
    written = json.loads((folder / "artifact.json").read_text())
    assert written == {key: value for key, value in printed.items() if key not in ("folder", "seconds")}
    assert printed["folder"] == str(folder)
    assert list(printed["seconds"]) == [
        "loading TensorFlow",
        "training the float model",
        "converting with quantize_int8",
        "checking quantize_int8",
        "checking that the references agree",
    ]


def test_standard_error_shows_the_steps_and_none_of_tensorflows_chatter(
    smoke: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    lines = smoke[1].stderr.splitlines()
    assert lines[0] == "loading TensorFlow …"
    assert lines[2] == "training the float model …"
    steps = ("loading TensorFlow", "training", "converting with", "checking", "smoke run:")
    assert not [line for line in lines if not line.startswith(steps)]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_model(
    smoke: tuple[Path, Any], others: Path
) -> None:
    folder, _ = smoke
    files = load_artifact(folder).info["files"]
    for name in files:
        assert (folder / name).read_bytes() == (others / "again" / name).read_bytes(), name
    other = load_artifact(others / "other")
    assert other.model.sha256 != load_artifact(folder).model.sha256
    assert set(other.info["seeds"].values()) == {7}


def test_the_artifact_says_nothing_about_where_or_when_it_was_made(smoke: tuple[Path, Any]) -> None:
    folder, _ = smoke
    for path in folder.iterdir():
        content = path.read_bytes()
        assert str(folder).encode() not in content
        assert str(_RECIPE.parent).encode() not in content
