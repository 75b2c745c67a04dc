"""One compression technique per file."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from edgekit.tflite_model import TfliteModel


class Technique(Protocol):
    """What a recipe applies to a trained Keras model, one after another.

    `num_epochs` of training lie between `wrap` and `strip`; 0 for techniques that need none.
    """

    @property
    def name(self) -> str: ...

    @property
    def num_epochs(self) -> int: ...

    def wrap(self, model: Any) -> Any:
        """The Keras model to train instead of `model`."""

    def strip(self, model: Any) -> Any:
        """The trained model without what `wrap` added."""

    def configure(self, converter: Any, samples: np.ndarray[Any, Any]) -> None:
        """Sets up a tf.lite.TFLiteConverter; `samples` are training inputs, (samples, …) float32."""

    def verify(self, model: TfliteModel) -> None:
        """Raises RecipeError if the flatbuffer does not show what the technique promises."""
