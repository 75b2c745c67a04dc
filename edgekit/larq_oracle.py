"""Runs files with Larq Compute Engine's operators, which no TensorFlow Lite runtime knows."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from typing import Any

import numpy as np

from edgekit.errors import MissingDependencyError, ModelError
from edgekit.native_output import muted_stderr
from edgekit.oracle import check_inputs
from edgekit.tflite_model import TfliteModel

Array = np.ndarray[Any, Any]
INSTALL = (
    "pip install larq==0.14.0 larq-compute-engine==0.16.0 (wheels: Python 3.10 to 3.12 on Linux, x86-64 only)"
)


def has_larq_operators(model: TfliteModel) -> bool:
    return any(operator.name.startswith("Lce") for operator in model.operators)


class LarqOracle:
    """Larq Compute Engine's own interpreter, with its reference binary convolution.

    Raises:
        MissingDependencyError: larq-compute-engine is not installed.
        ModelError: it cannot run the model.
    """

    def __init__(self, model: TfliteModel) -> None:
        try:
            from larq_compute_engine.tflite.python.interpreter import Interpreter
        except ImportError as error:
            raise MissingDependencyError(
                f"binarized operators run on Larq Compute Engine only, which is not installed; {INSTALL}"
            ) from error
        self.name = f"larq-compute-engine {importlib.metadata.version('larq-compute-engine')}"
        self._model = model
        with muted_stderr():
            try:
                self._interpreter = Interpreter(model.data, use_reference_bconv=True)
            except (RuntimeError, ValueError) as error:
                raise ModelError(f"{self.name} cannot run this model: {error}") from error

    def invoke(self, inputs: Sequence[Array]) -> list[Array]:
        """One inference; inputs and outputs have the model's shapes and dtypes."""
        checked = check_inputs(self._model, inputs)
        try:
            outputs = self._interpreter.interpreter.predict(checked)
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{self.name} failed while running the model: {error}") from error
        return [np.array(each) for each in outputs]
