"""Fashion-MNIST: 70,000 grey images of 28x28 pixels, 10 kinds of clothing.

`$EDGEKIT_DATA_DIR`: fashion_mnist.npz with x_train (60000, 28, 28), y_train, x_test (10000, 28, 28), y_test, all
uint8; or the four official files.

Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
Algorithms", 2017, https://github.com/zalandoresearch/fashion-mnist (addresses, IDX format, official split). The
checksums are those that TensorFlow Datasets records for these addresses.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.datasets import DataSet
from edgekit.datasets._archives import read_gzip
from edgekit.datasets._data_folder import check_rows, find_local, read_arrays
from edgekit.datasets._download import Publication, RemoteFile, fetch
from edgekit.errors import DataError

Array = np.ndarray[Any, Any]

_ADDRESS = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"
_READY_MADE = "fashion_mnist.npz"
_PUBLICATION = Publication(
    "fashion_mnist", "MIT licence, Copyright 2017 Zalando SE, https://tech.zalando.com", _READY_MADE
)
_CHECKSUMS = {
    "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
FILES = {
    key: RemoteFile(name, f"{_ADDRESS}/{name}", sha256)
    for key, (name, sha256) in zip(
        ("x_train", "y_train", "x_test", "y_test"), _CHECKSUMS.items(), strict=True
    )
}
_CLASS_NAMES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
_UNSIGNED_BYTE = 8  # IDX's code of the element type


def load() -> DataSet:
    """Pixels 0 … 255 scaled to 0 … 1, (samples, 28, 28, 1); the official split: 60,000 train, 10,000 test."""
    local = find_local(_READY_MADE)
    if local is not None:
        arrays = read_arrays(local, FILES)
        check_rows(local, arrays, ("x_train", "y_train"))
        check_rows(local, arrays, ("x_test", "y_test"))
    else:
        arrays = {key: read_idx(fetch(_PUBLICATION, file)) for key, file in FILES.items()}
    for key, array in arrays.items():
        if key.startswith("x_") and array.shape[1:] != (28, 28):
            raise DataError(f"fashion_mnist: {key} has shape {array.shape}; expected images of 28x28 pixels")
    return DataSet(
        name="fashion_mnist",
        source="Fashion-MNIST (Xiao et al. 2017), official split",
        num_classes=10,
        x_train=_scale(arrays["x_train"]),
        y_train=arrays["y_train"].astype(np.int64),
        x_test=_scale(arrays["x_test"]),
        y_test=arrays["y_test"].astype(np.int64),
        class_names=_CLASS_NAMES,
        licence=_PUBLICATION.licence,
    )


def read_idx(path: Path) -> Array:
    """The array in a gzipped IDX file of unsigned bytes: two zeros, type, number of axes, axes, data; big-endian.

    Raises:
        DataError: it is not one.
    """
    data = read_gzip(path)
    if len(data) < 4 or data[:3] != bytes([0, 0, _UNSIGNED_BYTE]):
        raise DataError(f"{path} is not an IDX file of bytes: it starts with {data[:4].hex(' ')}")
    header_bytes = 4 + 4 * data[3]
    if len(data) < header_bytes:
        raise DataError(f"{path} ends within its header, after {len(data)} bytes")
    shape = struct.unpack(f">{data[3]}I", data[4:header_bytes])
    expected = header_bytes + int(np.prod(shape, dtype=object))
    if len(data) != expected:
        raise DataError(f"{path} has {len(data)} bytes; expected {expected} for an array of shape {shape}")
    return np.frombuffer(data, np.uint8, offset=header_bytes).reshape(shape)


def _scale(images: Array) -> Array:
    return images.astype(np.float32)[..., np.newaxis] / np.float32(255)
