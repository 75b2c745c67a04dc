"""The data sets and networks that techniques are measured on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from edgekit.datasets import DataSet


@dataclass(frozen=True)
class Task:
    """A network of edgekit/architectures on a data set.

    `num_epochs` train the float model. `pace` scales the epochs that a technique has by default, which suit a few
    thousand samples. `widths` are those of the narrower dense networks that compressed ones are held against.
    """

    dataset: str
    architecture: str
    num_epochs: int
    learning_rate: float
    batch_size: int
    pace: float
    widths: tuple[float, ...]

    def builder(self, width: float = 1.0) -> Callable[[DataSet], Any]:
        build = import_module(f"edgekit.architectures.{self.architecture}").build
        return lambda dataset: build(dataset.x_train.shape[1:], dataset.num_classes, width)

    def scale_epochs(self, num_epochs: int) -> int:
        return max(2, round(num_epochs * self.pace)) if num_epochs else 0


TASKS = {
    task.dataset: task
    for task in (
        Task("ecg_beats", "cnn_1d", 8, 2e-3, 128, 1.0, (0.25, 0.35, 0.5, 0.6, 0.7, 0.85)),
        Task("spoken_digits", "ds_cnn", 40, 4e-3, 32, 2.5, (0.25, 0.35, 0.5, 0.6, 0.7, 0.85)),
        Task("fashion_mnist", "resnet8", 8, 3e-3, 128, 0.5, (0.25, 0.35, 0.5, 0.7)),
    )
}
