"""A smoke run in a subprocess: TensorFlow must not get into the process of the other tests."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from edgekit.artifact import load_artifact
from edgekit.resources import find_resource_dir

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(each) is None for each in ("tensorflow", "tf_keras", "sklearn")),
    reason="needs edgekit[train]",
)


def test_half_of_the_multiply_accumulates_are_not_in_the_file(tmp_path: Path) -> None:
    recipe = find_resource_dir("recipes") / "digits_channels.py"
    result = subprocess.run(
        [sys.executable, str(recipe), "--out", str(tmp_path / "out"), "--smoke"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    artifact = load_artifact(tmp_path / "out")
    pruning, quantization = artifact.info["accuracy"]["techniques"]
    cost = pruning["promise"]["cost"]
    assert (
        cost["before"]
        == 64 * 9 * 16 + 2 * 64 * 9 * 16 * 16 + 16 * (9 * 16 * 32 + 9 * 32 * 32 + 16 * 32) + 320
    )
    assert artifact.model.macs == quantization["num_macs"] == cost["after"] <= cost["before"] / 2
