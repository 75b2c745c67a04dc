"""A recipe around a model that is already trained."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from edgekit.dataset_file import load_dataset_file
from edgekit.datasets import DataSet
from edgekit.errors import DataError
from edgekit.keras_model import load_keras_model
from edgekit.native_output import filtered_stderr
from edgekit.recipe import Recipe
from edgekit.techniques._text import parse_techniques

_LEARNING_RATE = 1e-3


def make_model_recipe(path: Path, techniques: str, data: Path) -> tuple[Recipe, DataSet]:
    """The model of `path` with `techniques` as text, and the data set to train and judge it with.

    Nothing is promised of its accuracy, which is reported all the same.

    Raises:
        ModelError: the model cannot be loaded, or has more than one input or output.
        DataError: the data do not fit the model.
        RecipeError: the techniques make no sense, in themselves or in this order.
    """
    parsed = parse_techniques(techniques)
    # Orders are refused before TensorFlow is loaded.
    recipe = Recipe(
        name=re.sub(r"[^A-Za-z0-9_.-]", "_", path.stem) or "model",
        dataset=data.stem,
        build_model=lambda _dataset: load_keras_model(path),
        techniques=parsed,
        num_epochs=0,
        min_accuracy=0.0,
        max_accuracy_drop=1.0,
        min_agreement=0.0,
        learning_rate=_LEARNING_RATE,
    )
    with filtered_stderr():
        model = load_keras_model(path)
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise DataError(
            f"{path} has {len(model.inputs)} inputs and {len(model.outputs)} outputs; "
            "expected a classifier with one of each"
        )
    dataset = load_dataset_file(data, num_classes=int(model.outputs[0].shape[-1]))
    _require_shape(dataset, model, data)
    return recipe, dataset


def _require_shape(dataset: DataSet, model: Any, path: Path) -> None:
    wanted = tuple(model.inputs[0].shape[1:])
    for name, array in (("x_train", dataset.x_train), ("x_test", dataset.x_test)):
        found = array.shape[1:]
        fits = len(found) == len(wanted) and all(b in (None, a) for a, b in zip(found, wanted, strict=True))
        if not fits:
            raise DataError(
                f"{path}: {name} has samples of shape {list(found)}; the model takes {list(wanted)}"
            )
