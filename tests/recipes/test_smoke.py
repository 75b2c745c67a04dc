"""Every recipe on disk, on a slice of its data: it ends well, and its file shows what its techniques promise."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgekit.artifact import load_artifact
from edgekit.resources import find_resource_dir
from tests.recipes.tiny_data import write_tiny_data

RECIPES = sorted(find_resource_dir("recipes").glob("*.py"))
pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(each) is None for each in ("tensorflow", "tf_keras", "sklearn")),
    reason="needs edgekit[train]",
)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """With tiny data instead of downloads, and no cache."""
    folder = tmp_path_factory.mktemp("data")
    write_tiny_data(folder)
    return {**os.environ, "EDGEKIT_DATA_DIR": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_is_short_and_keeps_its_promises_in_a_smoke_run(
    recipe: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    assert len(recipe.read_text().splitlines()) <= 80
    result = subprocess.run(
        [sys.executable, str(recipe), "--smoke", "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        env=environment,
        timeout=600,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    info = load_artifact(tmp_path / "out").info
    assert info["recipe"] == recipe.stem
    assert info["smoke"] is True
    assert [each["technique"] for each in info["accuracy"]["techniques"]]
    assert [each.name for each in tmp_path.iterdir()] == ["out"]
