"""What the techniques share that learn the ranges of activations from samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.techniques import Context, TechniqueBase
from edgekit.techniques._calibration_doctor import check_calibration, load_calibration


@dataclass(frozen=True)
class PostTraining(TechniqueBase):
    """`num_samples` samples show the converter which values each activation takes.

    They are the first of the training data, or of `calibration`, an .npz file with x and, better, y.

    Raises:
        RecipeError: there are to be none.
    """

    num_samples: int = 256
    calibration: Path | None = None

    def __post_init__(self) -> None:
        if self.num_samples < 1:
            raise RecipeError(f"{self.num_samples} calibration samples; expected at least 1, better 100")

    def wrap(self, model: Any, context: Context) -> Any:
        data = context.dataset
        if self.calibration is None:
            samples, labels = data.x_train, data.y_train
        else:
            samples, labels = load_calibration(self.calibration)  # type: ignore[assignment]
        some = None if labels is None else labels[: self.num_samples]
        check_calibration(samples[: self.num_samples], data.x_train, some, data.y_train)
        return model

    def representative_dataset(self, samples: np.ndarray[Any, Any]) -> Any:
        """What a converter wants to be given: a function without arguments that yields one sample after another."""
        if self.calibration is not None:
            samples = load_calibration(self.calibration)[0]

        def yield_samples() -> Iterator[list[np.ndarray[Any, Any]]]:
            for sample in samples[: self.num_samples]:
                yield [sample[np.newaxis].astype(np.float32)]

        return yield_samples
