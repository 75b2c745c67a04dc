"""Trains in a subprocess: TensorFlow must not get into the process of the other tests."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from edgekit.artifact import load_artifact
from edgekit.resources import find_resource_dir

_RECIPE = find_resource_dir("recipes") / "digits_binarized.py"
_NEEDED = ("tensorflow", "tf_keras", "sklearn", "larq", "larq_compute_engine")
_MISSING = [each for each in _NEEDED if importlib.util.find_spec(each) is None]
pytestmark = pytest.mark.skipif(bool(_MISSING), reason=f"needs edgekit[train]: {', '.join(_MISSING)} missing")


def test_the_inner_layers_are_binarized_operators_in_the_artifact(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, str(_RECIPE), "--smoke", "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    artifact = load_artifact(tmp_path / "out")
    assert [each.name for each in artifact.model.operators].count("LceBconv2d") == 3
    (step,) = artifact.info["accuracy"]["techniques"]
    assert step["measured_with"].startswith("larq-compute-engine")
    assert set(step["promise"]["layers"]) == {"conv2d_1", "conv2d_2", "dense"}
    assert {"larq", "larq-compute-engine"} <= set(artifact.info["versions"])
    steps = ("loading TensorFlow", "training", "converting with", "checking", "smoke run:")
    assert not [line for line in result.stderr.splitlines() if not line.startswith(steps)]
