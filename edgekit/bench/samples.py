"""The inputs a benchmark runs: an evaluation set where there is one, seeded noise where there is none."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from edgekit.artifact import Artifact, EvaluationSet, load_evaluation_set
from edgekit.bench.arrays import Array
from edgekit.bench.inference import little_endian
from edgekit.tflite_model import TensorInfo, TfliteModel

NUM_RANDOM_SAMPLES = 20
_SEED = 20


def find_evaluation_set(artifact: Artifact, data: Path | None) -> EvaluationSet | None:
    """`data` if given, else the artifact's own set.

    Raises:
        DataError: the file is not an evaluation set of this model.
    """
    path = data if data is not None else artifact.evaluation_path
    return None if path is None else load_evaluation_set(path, artifact.model)


def random_evaluation_set(model: TfliteModel, num_samples: int = NUM_RANDOM_SAMPLES) -> EvaluationSet:
    """The same noise for the same model everywhere: enough to time it and to compare it with the oracle."""
    generator = np.random.default_rng(_SEED)
    inputs = tuple(_noise(generator, info, num_samples) for info in model.inputs)
    digest = hashlib.sha256(b"".join(little_endian(each) for each in inputs)).hexdigest()
    return EvaluationSet(inputs=inputs, labels=None, sha256=digest)


def _noise(generator: np.random.Generator, info: TensorInfo, num_samples: int) -> Array:
    dtype = np.dtype(info.dtype)
    shape = (num_samples, *info.shape)
    if dtype.kind == "f":
        return generator.standard_normal(shape).astype(dtype)
    if dtype in (np.int8, np.uint8, np.int16):
        limits = np.iinfo(dtype)
        return generator.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)
    # Wider integers index something, and only zero is certain to be a valid index.
    return np.zeros(shape, dtype)
