"""One compression technique per file.

A module here is found by its name. It defines one frozen dataclass that is a `Technique`, and, to be had by
`edgekit compress --techniques`, `SHORT_NAME` and `parse(argument: str | None, given: frozenset[str]) -> Technique`,
where `given` are the effects of the techniques before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from edgekit.datasets import DataSet
from edgekit.tflite_model import TfliteModel

SPARSITY, CLUSTERS, CHANNELS, INT8 = "sparsity", "clusters", "channels", "int8"
# Apart from the other kernels, because most that trains with regard for zeros has none for these.
DEPTHWISE_SPARSITY = "sparsity of depthwise kernels"
POWERS, FLOAT16, INT16, INT4 = "powers of two", "float16", "int16", "int4"
# After any of these the weights are final.
QUANTIZED = frozenset({INT8, FLOAT16, INT16, INT4})
# Weights of a few values in plain layers; layers that are binary inside and need a converter of their own.
BINARY, BINARIZED = "binary weights", "binarized layers"
# What a smoke run trains at most at a time: enough for every schedule to reach its end.
SMOKE_EPOCHS = 3


@dataclass(frozen=True, eq=False)
class Supervision:
    """What a model is trained towards instead of the data set's labels.

    `targets`: one row for each training sample; `loss`: a Keras loss of (targets, outputs).
    """

    targets: np.ndarray[Any, Any]
    loss: Any


class Train(Protocol):
    """Trains in place and resumes where an interrupted run stopped.

    `label` names these epochs among all of a run. `targets` stand in for the data set's labels, `loss` for
    the task's own; with neither, what an earlier technique's `fit` returned is trained towards. `learning_rate`
    is where the schedule starts, by default that of the recipe.
    """

    def __call__(
        self,
        model: Any,
        num_epochs: int,
        label: str,
        *,
        targets: Any = None,
        loss: Any = None,
        callbacks: Sequence[Any] = (),
        learning_rate: float | None = None,
    ) -> None: ...


@dataclass(frozen=True)
class Context:
    """What a technique may know of the run that it is part of.

    `num_steps` is what one epoch has. `smoke` asks for the least work that shows the effect.
    """

    dataset: DataSet
    seed: int
    num_steps: int
    smoke: bool
    train: Train


class Technique(Protocol):
    """What a recipe applies to a trained Keras model, one after another.

    `num_epochs` of training lie between `wrap` and `strip`; 0 for techniques that need none.
    `effects` are what it promises of the weights, `keeps` the effects of others that its training preserves.
    """

    @property
    def name(self) -> str: ...

    @property
    def num_epochs(self) -> int: ...

    @property
    def effects(self) -> frozenset[str]: ...

    @property
    def keeps(self) -> frozenset[str]: ...

    def require(self) -> None:
        """Raises MissingDependencyError, before anything is trained, if a package is not installed."""

    def wrap(self, model: Any, context: Context) -> Any:
        """The Keras model to train instead of `model`."""

    def fit(self, model: Any, context: Context, num_epochs: int) -> Supervision | None:
        """Trains what `wrap` returned; returns what later techniques are to train towards, if that changes."""

    def strip(self, model: Any) -> Any:
        """The trained model without what `wrap` added."""

    def promise(self, model: Any) -> Mapping[str, Any]:
        """What the stripped model has that its file must show; given to `verify`, written to artifact.json."""

    def configure(self, converter: Any, samples: np.ndarray[Any, Any]) -> None:
        """Sets up a tf.lite.TFLiteConverter; `samples` are training inputs, (samples, …) float32."""

    def convert(self, model: Any) -> bytes | None:
        """The file, for techniques that TensorFlow's own converter does not know; else None."""

    def rewrite(self, flatbuffer: bytes, promise: Mapping[str, Any]) -> bytes:
        """The converted file with what the converter cannot do; called in the techniques' order."""

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        """Raises RecipeError if the flatbuffer does not show what the technique promises."""


class TechniqueBase:
    """A technique that does nothing; the others, frozen dataclasses, say where they differ."""

    @property
    def num_epochs(self) -> int:
        return 0

    @property
    def effects(self) -> frozenset[str]:
        return frozenset()

    @property
    def keeps(self) -> frozenset[str]:
        return frozenset()

    def require(self) -> None:
        return

    def wrap(self, model: Any, context: Context) -> Any:
        return model

    def fit(self, model: Any, context: Context, num_epochs: int) -> Supervision | None:
        context.train(model, num_epochs, type(self).__name__)
        return None

    def strip(self, model: Any) -> Any:
        return model

    def promise(self, model: Any) -> Mapping[str, Any]:
        return {}

    def configure(self, converter: Any, samples: np.ndarray[Any, Any]) -> None:
        return

    def convert(self, model: Any) -> bytes | None:
        return None

    def rewrite(self, flatbuffer: bytes, promise: Mapping[str, Any]) -> bytes:
        return flatbuffer

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        return
