"""Every recipe on disk, on a slice of its data, in one subprocess because starting TensorFlow takes seconds."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edgekit.artifact import Artifact, load_artifact
from edgekit.oracle import find_oracle
from edgekit.resources import find_resource_dir
from tests.recipes.tiny_data import write_tiny_data

RECIPES = sorted(find_resource_dir("recipes").glob("*.py"))
_NAMES = [each.stem for each in RECIPES]
_PROGRAM = """
import json, sys
from pathlib import Path
from edgekit.errors import EdgekitError
from edgekit.recipe import run_recipe
from edgekit.recipe_file import load_recipe
for path in sys.argv[1:]:
    name = Path(path).stem
    try:
        run_recipe(load_recipe(path), Path(name), smoke=True)
        said = ""
    except EdgekitError as error:
        said = str(error)
    print(json.dumps({name: said}), flush=True)
    import tf_keras
    tf_keras.backend.clear_session()
"""
pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(each) is None for each in ("tensorflow", "tf_keras", "sklearn")),
    reason="needs edgekit[train]",
)


@pytest.fixture(scope="module")
def artifact_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Artifact]:
    """The artifact of a recipe's smoke run, or the failure of the test that asks for it."""
    out = tmp_path_factory.mktemp("smoke")
    write_tiny_data(data := tmp_path_factory.mktemp("data"))
    result = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *map(str, RECIPES)],
        capture_output=True,
        text=True,
        cwd=out,
        # Tiny data instead of downloads, and no cache.
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "EDGEKIT_DATA_DIR": str(data),
            "XDG_CACHE_HOME": str(data / "cache"),
            "EDGEKIT_TRAIN_THREADS": "1",
        },
        timeout=1500,
        check=False,
    )
    said: dict[str, str] = {}
    for line in result.stdout.splitlines():
        said |= json.loads(line)

    def load(name: str) -> Artifact:
        assert name in said, result.stderr[-2000:]
        if "is not installed" in said[name]:
            pytest.skip(said[name])
        assert said[name] == ""
        return load_artifact(out / name)

    return load


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_is_short_and_can_be_run_as_a_program(recipe: Path) -> None:
    text = recipe.read_text()
    assert len(text.splitlines()) <= 80
    assert text.endswith('    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))\n')


# Fifteen minutes for all of them on a machine that has much else to do; whichever comes first waits for all.
@pytest.mark.timeout(1600)
@pytest.mark.parametrize("name", _NAMES)
def test_a_recipe_keeps_its_promises_in_a_smoke_run(
    artifact_of: Callable[[str], Artifact], name: str
) -> None:
    info = artifact_of(name).info
    assert info["recipe"] == name
    assert info["smoke"] is True
    assert [each["technique"] for each in info["accuracy"]["techniques"]]
    assert info["wrong_on"] == (["tflite-runtime"] if name == "digits_dynamic" else [])


# What tflite-micro has no kernels for, or what only one runtime of all knows.
_ONE_REFERENCE = ("digits_float16", "digits_dynamic", "digits_binarized")


@pytest.mark.timeout(1600)
@pytest.mark.parametrize("name", _NAMES)
def test_both_references_have_run_the_file_where_both_can(
    artifact_of: Callable[[str], Artifact], name: str
) -> None:
    artifact = artifact_of(name)
    runtimes = [each["runtime"].split()[0] for each in artifact.info["accuracy"]["references"]]
    if name == "digits_binarized":
        assert runtimes == ["larq-compute-engine"]
        return
    oracle = find_oracle(artifact.model.data)
    assert oracle is not None
    pytest.importorskip("tflite_micro")
    assert runtimes == (["ai-edge-litert"] if name in _ONE_REFERENCE else ["tflite-micro", "ai-edge-litert"])


@pytest.mark.timeout(1600)
def test_the_inner_layers_of_a_binarized_network_are_binarized_operators(
    artifact_of: Callable[[str], Artifact],
) -> None:
    artifact = artifact_of("digits_binarized")
    assert [each.name for each in artifact.model.operators].count("LceBconv2d") == 3
    (step,) = artifact.info["accuracy"]["techniques"]
    assert step["measured_with"].startswith("larq-compute-engine")
    assert set(step["promise"]["layers"]) == {"conv2d_1", "conv2d_2", "dense"}
    assert {"larq", "larq-compute-engine"} <= set(artifact.info["versions"])


@pytest.mark.timeout(1600)
def test_half_of_the_multiply_accumulates_are_not_in_the_file(
    artifact_of: Callable[[str], Artifact],
) -> None:
    artifact = artifact_of("digits_channels")
    pruning, quantization = artifact.info["accuracy"]["techniques"]
    cost = pruning["promise"]["cost"]
    assert (
        cost["before"]
        == 64 * 9 * 16 + 2 * 64 * 9 * 16 * 16 + 16 * (9 * 16 * 32 + 9 * 32 * 32 + 16 * 32) + 320
    )
    assert artifact.model.macs == quantization["num_macs"] == cost["after"] <= cost["before"] / 2
