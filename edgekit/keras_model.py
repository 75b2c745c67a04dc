"""Models that people already have: tf_keras and Keras 3 files, read without running code that is in them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from edgekit.errors import ModelError
from edgekit.keras3 import rebuild_in_tf_keras
from edgekit.tensorflow_setup import import_tensorflow

_EXPECTED = "expected a .keras or .h5 file, or the folder of a SavedModel that Keras wrote"


def load_keras_model(path: Path) -> Any:
    """Returns a tf_keras model, whatever version of Keras wrote the file.

    Raises:
        ModelError: it is not a Keras model, holds Python code, or has a layer that tf_keras cannot have.
        MissingDependencyError: TensorFlow is not installed.
    """
    import_tensorflow(0)
    if not path.exists():
        raise ModelError(f"there is no model {path}; {_EXPECTED}")
    config, is_keras3 = _read_config(path)
    _refuse_code(config, path)
    try:
        if is_keras3:
            import keras

            loaded = keras.saving.load_model(path, compile=False, safe_mode=True)
            return rebuild_in_tf_keras(loaded)
        import tf_keras

        return tf_keras.models.load_model(path, compile=False)
    except ModelError:
        raise
    except Exception as error:  # Keras raises whatever its layers raise
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(
            f"Keras cannot load {path}: {lines[0]}; {_EXPECTED}, saved without errors"
        ) from error


def _read_config(path: Path) -> tuple[Any, bool]:
    """The model's configuration as JSON (None where it has none), and whether Keras 3 wrote it."""
    try:
        if path.is_dir():
            if not (path / "saved_model.pb").is_file():
                raise ModelError(f"{path} is a folder without saved_model.pb; {_EXPECTED}")
            if not (path / "keras_metadata.pb").is_file():
                raise ModelError(
                    f"{path} is a SavedModel without its Keras layers (no keras_metadata.pb), so they cannot be "
                    "compressed; save the Keras model itself with model.save('model.keras')"
                )
            return None, False
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                metadata = json.loads(archive.read("metadata.json"))
                config = json.loads(archive.read("config.json"))
            return config, _is_keras3(metadata.get("keras_version"))
        return _read_hdf5(path)
    except ModelError:
        raise
    except (OSError, KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path} is not a Keras model ({error}); {_EXPECTED}") from error


def _read_hdf5(path: Path) -> tuple[Any, bool]:
    import h5py

    with h5py.File(path) as file:
        config = file.attrs.get("model_config")
        if config is None:
            raise ModelError(
                f"{path} holds weights without a model; save the whole model with model.save('model.h5')"
            )
        return json.loads(config), _is_keras3(file.attrs.get("keras_version"))


def _is_keras3(version: Any) -> bool:
    text = version.decode() if isinstance(version, bytes) else str(version)
    return text.split(".")[0].isdigit() and int(text.split(".")[0]) >= 3


def _refuse_code(config: Any, path: Path) -> None:
    """A Lambda layer is Python bytecode, which would run with the rights of whoever loads the file."""
    waiting = [config]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if item.get("class_name") == "Lambda":
                settings = item.get("config")
                name = settings.get("name") if isinstance(settings, dict) else "without a name"
                raise ModelError(
                    f"{path}: layer {name} is a Lambda, which holds Python code that loading would run; "
                    "replace it by a layer of Keras"
                )
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
