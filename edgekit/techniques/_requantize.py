"""Gives the quantized weights of a converted file other codes, and its biases the scales that go with them.

TensorFlow's converter knows int8 weights only. What needs other ones starts from its file: weights
w = s · q of a channel become s' · q', and the bias, an integer in units of (input scale · s), follows.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.flatbuffer_weights import Weights, find_weights, match_weights
from edgekit.tflite_model import read_model

Array = np.ndarray[Any, Any]
_INT32, _INT64, _INT4 = 2, 4, 17


@dataclass(frozen=True, eq=False)
class NewCodes:
    """`codes`: (channels, elements) int8; `scales`: (channels,), or (1,) for one of the whole tensor.

    `packed` stores two int4 codes in a byte.
    """

    codes: Array
    scales: Array
    packed: bool = False


Choose = Callable[[str, str, Array], NewCodes]


def requantize(flatbuffer: bytes, layers: Mapping[str, int], only: Container[str], choose: Choose) -> bytes:
    """The file with new codes for the layers of `only` that it has in int8.

    `layers` (name: number of kernel elements) are all that have a kernel, so that none is taken for another.

    `choose(layer, operator, weights)` gets the real weights, (channels, elements of each) float64. Tensors that
    the converter left in float stay as they are.

    Raises:
        RecipeError: a bias does not fit its new scale.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = read_model(flatbuffer)
    tree = schema.ModelT.InitFromPackedBuf(flatbuffer, 0)
    graph = tree.subgraphs[0]
    for layer, weights in match_weights(find_weights(model), layers.items()).items():
        if layer not in only or weights is None or weights.codes.dtype != np.int8:
            continue
        tensor = graph.tensors[weights.tensor]
        rows = np.moveaxis(weights.codes, weights.channel_axis, 0)
        old = np.asarray(tensor.quantization.scale, np.float64)
        new = choose(layer, weights.operator_name, rows.reshape(len(rows), -1) * old[:, None])
        codes = np.moveaxis(new.codes.reshape(rows.shape), 0, weights.channel_axis).astype(np.int8)
        tree.buffers[tensor.buffer].data = _bytes(codes, new.packed)
        if new.packed:
            tensor.type = _INT4
        tensor.quantization.scale = new.scales.astype(np.float32)
        tensor.quantization.zeroPoint = np.zeros(len(new.scales), np.int64)
        tensor.quantization.quantizedDimension = weights.channel_axis if len(new.scales) > 1 else 0
        _rescale_bias(graph, tree, weights, old, new.scales, layer)
    return _pack(tree)


def _rescale_bias(graph: Any, tree: Any, weights: Weights, old: Array, new: Array, layer: str) -> None:
    inputs = graph.operators[weights.operator].inputs
    # Where a transposed convolution has its input, others have their bias; it begins with the shape of its output.
    source, position = (2, 3) if weights.operator_name == "TRANSPOSE_CONV" else (0, 2)
    if len(inputs) <= position or inputs[position] < 0:
        return
    bias = graph.tensors[inputs[position]]
    if bias.type not in (_INT32, _INT64):  # float, under float activations
        return
    dtype: Any = np.dtype("<i4" if bias.type == _INT32 else "<i8")
    codes = np.frombuffer(bytes(bytearray(tree.buffers[bias.buffer].data)), dtype)
    moved = np.round(codes * (old / new))
    if np.abs(moved).max(initial=0) > np.iinfo(dtype).max:
        raise RecipeError(
            f"the bias of layer {layer} does not fit the finer scale of its new weights; "
            "expected a bias of the size of the weights' sums; leave the layer in int8"
        )
    tree.buffers[bias.buffer].data = np.frombuffer(moved.astype(dtype).tobytes(), np.uint8)
    input_scale = float(graph.tensors[inputs[source]].quantization.scale[0])
    bias.quantization.scale = (input_scale * new).astype(np.float32)
    bias.quantization.zeroPoint = np.zeros(len(new), np.int64)


def _bytes(codes: Array, packed: bool) -> Array:
    flat = codes.reshape(-1)
    if packed:
        pairs = np.append(flat, np.zeros(flat.size % 2, np.int8)).reshape(-1, 2).astype(np.uint8) & 15
        flat = (pairs[:, 0] | pairs[:, 1] << 4).astype(np.uint8)
    return np.frombuffer(flat.tobytes(), np.uint8)


def _pack(tree: Any) -> bytes:
    import flatbuffers

    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(tree.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def to_bits(weights: Array, num_bits: int, per_channel: bool = True) -> tuple[Array, Array]:
    """Codes of `num_bits` bits, symmetric, and the scales with the least squared error found.

    `weights`: (channels, elements). Source: Banner et al., "Post-training 4-bit quantization of convolution
    networks", NeurIPS 2019: clipping the largest weights gives the others finer steps.
    """
    largest = 2 ** (num_bits - 1) - 1
    rows = weights if per_channel else weights.reshape(1, -1)
    peak = np.abs(rows).max(axis=1)
    peak = np.where(peak > 0, peak, 1.0)
    best, scales = np.full(len(rows), np.inf), peak / largest
    for clip in np.linspace(0.5, 1.0, 26):
        tried = clip * peak / largest
        error = np.square(_round(rows, tried, largest) * tried[:, None] - rows).sum(axis=1)
        scales = np.where(error <= best, tried, scales)
        best = np.minimum(error, best)
    return _round(rows, scales, largest).astype(np.int8).reshape(weights.shape), scales


def _round(rows: Array, scales: Array, largest: int) -> Array:
    return np.asarray(np.clip(np.round(rows / scales[:, None]), -largest, largest))
