"""Tiny data sets in the layouts that `$EDGEKIT_DATA_DIR` may have, for recipes whose real data are a download.

There is something to learn in each: a class or an anomaly shows in the mean of some of the numbers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np


def write_tiny_data(folder: Path) -> None:
    rng = np.random.default_rng(3)
    write_images(folder / "cifar10.npz", rng, side=32, num_classes=10)
    write_images(folder / "visual_wake_words.npz", rng, side=96, num_classes=2)
    write_commands(folder / "speech_commands.npz", rng)
    write_recordings(folder / "toy_car.npz", rng)


def write_images(path: Path, rng: np.random.Generator, side: int, num_classes: int) -> None:
    arrays = {}
    for split, count in (("train", 160), ("test", 40)):
        labels = np.arange(count, dtype=np.uint8) % num_classes
        brightness = (labels * (200 // num_classes))[:, None, None, None]
        arrays[f"x_{split}"] = (brightness + rng.integers(0, 50, (count, side, side, 3))).astype(np.uint8)
        arrays[f"y_{split}"] = labels
    np.savez(path, **arrays)  # type: ignore[arg-type]


def write_commands(path: Path, rng: np.random.Generator) -> None:
    arrays = {}
    for split, count in (("train", 240), ("val", 24), ("test", 60)):
        labels = np.arange(count) % 12
        samples = rng.normal(0, 1, (count, 49, 10, 1))
        samples[:, :, 0, 0] += 3 * labels[:, None]
        arrays[f"x_{split}"], arrays[f"y_{split}"] = samples.astype(np.float32), labels.astype(np.int64)
    np.savez(path, **arrays)  # type: ignore[arg-type]


def write_recordings(path: Path, rng: np.random.Generator) -> None:
    """Recordings of 200 frames of 128 decibels; anomalies are louder in the upper half."""
    is_anomaly = (np.arange(20) % 2).astype(np.uint8)
    train, test = (rng.normal(-30, 5, (count, 200, 128)) for count in (16, 20))
    test[is_anomaly == 1, :, 64:] += 10
    np.savez(path, train=train.astype(np.float32), test=test.astype(np.float32), is_anomaly=is_anomaly)
