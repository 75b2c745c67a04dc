"""Visual Wake Words: is a person in the picture? 96x96 pixels, RGB; the person detection task of MLPerf Tiny.

`$EDGEKIT_DATA_DIR`: visual_wake_words.npz with x_train (samples, 96, 96, 3), y_train, x_test, y_test, all uint8; or
the archive vw_coco2014_96.tar.gz, about 110,000 JPEG files in the folders person/ and non_person/.

The split is the one that MLPerf Tiny's training script makes: of each folder's names in alphabetical order, the first
tenth is for testing. All of it as float32 would be 12 GiB, so `load` takes pictures at even distances in that order:
20,000 to train on, 2,000 to test with, the classes in the proportion of the source. `read_archive` gives others.

Source: A. Chowdhery et al., "Visual Wake Words Dataset", arXiv:1906.05721; MLCommons Tiny,
benchmark/training/visual_wake_words (address, split). No checksum is published at the address; the one here is what
several public projects have recorded of this file.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.datasets import DataSet
from edgekit.datasets._archives import iter_tar
from edgekit.datasets._converted import keep_converted
from edgekit.datasets._data_folder import check_rows, find_local, read_arrays
from edgekit.datasets._download import Publication, RemoteFile, fetch
from edgekit.datasets._order import shuffled
from edgekit.errors import DataError, MissingDependencyError

Array = np.ndarray[Any, Any]

_READY_MADE = "visual_wake_words.npz"
_PUBLICATION = Publication(
    "visual_wake_words",
    "annotations CC BY 4.0, COCO Consortium; each picture under the Flickr licence that its COCO entry states",
    _READY_MADE,
)
FILE = RemoteFile(
    "vw_coco2014_96.tar.gz",
    "https://www.silabs.com/public/files/github/machine_learning/benchmarks/datasets/vw_coco2014_96.tar.gz",
    "f8746b9e44f8a7a4293f73be9ba6e8da9239fe69798d42364aae62b915cfab58",
)
_CLASS_NAMES = ("non_person", "person")
_SIDE = 96
_TEST_FRACTION = 0.1
_NUM_TRAIN, _NUM_TEST = 20_000, 2_000
_ARRAYS = ("x_train", "y_train", "x_test", "y_test")


def load() -> DataSet:
    """Pixels 0 … 255 scaled to 0 … 1, (samples, 96, 96, 3); 20,000 train, 2,000 test of the archive's 110,000."""
    local = find_local(_READY_MADE)
    if local is not None:
        arrays = read_arrays(local, _ARRAYS)
        check_rows(local, arrays, ("x_train", "y_train"))
        check_rows(local, arrays, ("x_test", "y_test"))
    else:
        path = fetch(_PUBLICATION, FILE)
        version = f"{_NUM_TRAIN}-{_NUM_TEST}-1"
        arrays = keep_converted("visual_wake_words", path, version, _ARRAYS, lambda: read_archive(path))
    for key in ("x_train", "x_test"):
        if arrays[key].shape[1:] != (_SIDE, _SIDE, 3):
            raise DataError(
                f"visual_wake_words: {key} has shape {arrays[key].shape}; expected images of 96x96 pixels, RGB"
            )
    return DataSet(
        name="visual_wake_words",
        source="Visual Wake Words (Chowdhery et al. 2019), 96x96 as in MLPerf Tiny, a part of it",
        num_classes=2,
        x_train=_scale(arrays["x_train"]),
        y_train=arrays["y_train"].astype(np.int64),
        x_test=_scale(arrays["x_test"]),
        y_test=arrays["y_test"].astype(np.int64),
        class_names=_CLASS_NAMES,
        licence=_PUBLICATION.licence,
    )


def read_archive(path: Path, num_train: int = _NUM_TRAIN, num_test: int = _NUM_TEST) -> dict[str, Array]:
    """Pictures uint8 and labels of both splits; all that there are, if fewer than asked for.

    Raises:
        DataError: a folder is missing, or a picture is broken or not 96x96.
        MissingDependencyError: Pillow is not installed.
    """
    try:
        import PIL.Image  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError(
            "the pictures of Visual Wake Words are JPEG files, and Pillow, which reads them, is not installed; "
            "pip install 'edgekit[train]'"
        ) from error
    names: dict[int, list[str]] = {0: [], 1: []}
    # Two passes: which pictures are wanted is known only when all names are.
    for name, _ in iter_tar(path, lambda name: _class_of(name) is not None):
        label = _class_of(name)
        assert label is not None  # noqa: S101
        names[label].append(name)
    if not names[0] or not names[1]:
        raise DataError(
            f"{path} lacks pictures in person/ or non_person/; expected {FILE.name} of {FILE.url}"
        )
    chosen: dict[str, list[str]] = {"train": [], "test": []}
    total = len(names[0]) + len(names[1])
    for each in names.values():
        each.sort()
        num_first = int(_TEST_FRACTION * len(each))
        share = len(each) / total
        chosen["test"] += _spread(each[:num_first], round(num_test * share))
        chosen["train"] += _spread(each[num_first:], round(num_train * share))
    wanted = {name for some in chosen.values() for name in some}
    pictures = {name: _decode(data, name) for name, data in iter_tar(path, lambda name: name in wanted)}
    arrays = {}
    for split, some in chosen.items():
        order = [some[position] for position in shuffled(len(some))]
        arrays[f"x_{split}"] = np.array([pictures[name] for name in order], np.uint8).reshape(
            -1, _SIDE, _SIDE, 3
        )
        arrays[f"y_{split}"] = np.array([_class_of(name) for name in order], np.uint8)
    return arrays


def _class_of(name: str) -> int | None:
    folder = Path(name).parent.name
    return _CLASS_NAMES.index(folder) if folder in _CLASS_NAMES and name.endswith((".jpg", ".jpeg")) else None


def _spread(names: list[str], count: int) -> list[str]:
    if count >= len(names):
        return names
    return [names[position * len(names) // count] for position in range(count)]


def _decode(data: bytes, name: str) -> Array:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as picture:
            if picture.size != (_SIDE, _SIDE):
                raise DataError(f"{name} has {picture.size[0]}x{picture.size[1]} pixels; expected 96x96")
            return np.asarray(picture.convert("RGB"))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{name} is not a sound JPEG file ({error})") from error


def _scale(images: Array) -> Array:
    return images.astype(np.float32) / np.float32(255)
