"""Every recipe for digits that ends in a quantization runs on a slice, in one subprocess for all of them."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edgekit.artifact import load_artifact
from edgekit.oracle import find_oracle
from edgekit.resources import find_resource_dir

_RECIPES = sorted(
    path.stem
    for path in find_resource_dir("recipes").glob("digits_*.py")
    if path.stem.split("_", 1)[1] in ("float16", "dynamic", "int16x8", "int4", "mixed", "pow2", "qat_1d")
)
_PROGRAM = """
import sys
from pathlib import Path
from edgekit.recipe import run_recipe
from edgekit.recipe_file import load_recipe
for name in sys.argv[1:]:
    run_recipe(load_recipe(name), Path(name), smoke=True)
"""
pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(each) is None for each in ("tensorflow", "tf_keras", "sklearn")),
    reason="needs edgekit[train]",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("quantization_recipes")
    result = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *_RECIPES],
        capture_output=True,
        text=True,
        cwd=out,
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "PATH": "/usr/bin:/bin"},
        timeout=500,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return out


def test_there_is_a_recipe_for_each_quantization() -> None:
    assert len(_RECIPES) == 7


@pytest.mark.parametrize("name", _RECIPES)
def test_a_smoke_run_writes_an_artifact_that_a_reference_runs(folder: Path, name: str) -> None:
    artifact = load_artifact(folder / name)
    info: dict[str, Any] = json.loads((folder / name / "artifact.json").read_text())
    assert info["smoke"] is True
    assert info["wrong_on"] == (["tflite-runtime"] if name == "digits_dynamic" else [])
    assert find_oracle(artifact.model.data) is not None
