"""One network per file: `build(input_shape, num_classes, width=1.0)` returns an uncompiled tf_keras model.

`width` scales the channels of every layer, so that a compressed model can be held against a dense one of its
size. Names of layers are given, so that what is measured of a layer is found again.
"""

from __future__ import annotations


def scale_channels(channels: int, width: float) -> int:
    """`channels` times `width`, rounded to a whole number of at least 1."""
    return max(1, round(channels * width))
