"""Imports TensorFlow the one way edgekit uses it: with Keras 2, quiet, and repeatable."""

from __future__ import annotations

import importlib.metadata
import os
from typing import Any

from edgekit.errors import MissingDependencyError, UsageError

_PACKAGES = (
    *("tensorflow", "tf-keras", "numpy", "ai-edge-litert", "tflite-micro", "scikit-learn"),
    *("larq", "larq-compute-engine"),
)
_NUM_THREADS, _MAX_THREADS = 2, 256
# For many small trainings side by side, which gain nothing from a second thread.
_THREADS_VARIABLE = "EDGEKIT_TRAIN_THREADS"


def prepare_environment() -> None:
    """Sets what has to be set before anybody imports TensorFlow."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def import_tensorflow(seed: int) -> Any:
    """Returns the tensorflow module, with all random generators seeded and operators deterministic.

    Raises:
        MissingDependencyError: it is not installed.
        UsageError: the seed, or the number of threads, is out of range.
    """
    if not 0 <= seed < 2**32:
        raise UsageError(f"the seed {seed} is out of range; expected 0 to {2**32 - 1}")
    num_threads()
    prepare_environment()
    try:
        import tensorflow as tf
        import tf_keras
    except ImportError as error:
        raise MissingDependencyError(
            f"compressing needs TensorFlow, which cannot be imported here ({error}); "
            "pip install 'edgekit[train]' with Python 3.10 to 3.12"
        ) from error
    tf.get_logger().setLevel("ERROR")
    # Sums are split among threads, so rounding, and with it every weight, depends on how many there are.
    # A fixed number gives the same model on machines with any number of cores.
    tf.config.threading.set_intra_op_parallelism_threads(num_threads())
    tf.config.threading.set_inter_op_parallelism_threads(num_threads())
    # Layer names count from 1 again, so that a second run in one process writes the same names.
    tf_keras.backend.clear_session()
    tf_keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    return tf


def num_threads() -> int:
    """How many threads train: 2, unless $EDGEKIT_TRAIN_THREADS says otherwise.

    Raises:
        UsageError: that is no number of threads.
    """
    text = os.environ.get(_THREADS_VARIABLE, str(_NUM_THREADS))
    if not text.isdecimal() or not 1 <= int(text) <= _MAX_THREADS:
        raise UsageError(f"{_THREADS_VARIABLE} is {text!r}; expected a whole number from 1 to {_MAX_THREADS}")
    return int(text)


def package_versions() -> dict[str, str]:
    """The versions of the installed packages that a model's bytes depend on."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
