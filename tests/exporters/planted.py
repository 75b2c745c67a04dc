"""Small int8 networks with channels that are dead on purpose, for tests of what finds and removes them."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tests.generators.tflite_builder import TfliteBuilder

KINDS = ("negative", "positive", "silent", "tiny", "six")
SAME, VALID = 0, 1
RELU, RELU6 = 1, 3
Array = np.ndarray[Any, Any]


class Network:
    """Layers one after another on `at`, the newest tensor; `planted` are the dead channels: (tensor, channel)."""

    def __init__(self, shape: tuple[int, ...], seed: int = 0, scale: float = 0.05, zero: int = -3) -> None:
        self.builder = TfliteBuilder()
        self.rng = np.random.default_rng(seed)
        self.shapes: dict[int, tuple[int, ...]] = {}
        self.quantization: dict[int, tuple[float, int]] = {}
        self.planted: list[tuple[int, int]] = []
        self.source = self.at = self.tensor(shape, scale, zero)

    def tensor(self, shape: tuple[int, ...], scale: float, zero: int, data: Array | None = None) -> int:
        index = self.builder.tensor(shape, "int8", [scale], [zero], data)
        self.shapes[index], self.quantization[index] = tuple(shape), (float(np.float32(scale)), zero)
        return index

    def weighted(
        self,
        shape: tuple[int, ...],
        axis: int,
        dead: dict[int, str],
        out_scale: float,
        silent_inputs: tuple[int, ...] = (),
        with_bias: bool = True,
        dtype: str = "int8",
    ) -> list[int]:
        """Weights and bias; the outputs of `dead` are constant, of `silent_inputs` nothing is read."""
        count, rng = shape[axis], self.rng
        scale, _ = self.quantization[self.at]
        fan_in = int(np.prod(shape)) // count
        top = 7 if dtype == "int4" else 127
        wanted = out_scale / scale * 60 / (top * np.sqrt(fan_in) * 40)
        scales = (wanted * 2.0 ** rng.uniform(-1, 1, count)).astype(np.float32)
        values = rng.integers(-top, top + 1, shape).astype(np.int8)
        values[..., list(silent_inputs)] = 0
        bias = rng.integers(-2000, 2000, count).astype(np.int32)
        channels = np.moveaxis(values, axis, 0)
        for channel, kind in dead.items():
            if kind == "negative":
                bias[channel] = -(2**28)
            elif kind in ("positive", "six"):
                bias[channel] = 2**28
            elif kind == "silent":
                channels[channel] = 0
            elif kind == "wraps":  # not dead: sums run over the end of int32
                bias[channel] = 2**31 - 100
            elif kind == "shifts out":  # nor this one: multiplied by 2^6, sums around 2^26 do
                scales[channel] = np.float32(out_scale / scale * 2.0**6)
                bias[channel] = 2**25 - 100
            else:  # the multiplier's shift is below −31, where TFLite makes it zero
                scales[channel] = np.float32(out_scale / scale * 2.0**-36)
                bias[channel] = 2**30 - 1
        if dtype == "int4":
            scales[:] = scales.max()
        scale_list = scales.tolist()
        weights = self.builder.tensor(shape, dtype, scale_list, [0] * count, values, axis)
        if not with_bias:
            return [weights]
        bias_scales = (scales * np.float32(scale)).tolist()
        return [weights, self.builder.tensor((count,), "int32", bias_scales, [0] * count, bias)]

    def conv(
        self,
        count: int,
        dead: dict[int, str] | None = None,
        size: int = 1,
        padding: int = SAME,
        stride: int = 1,
        activation: int = 0,
        zero: int = -128,
        out_scale: float = 0.1,
        **more: Any,
    ) -> int:
        dead = dead or {}
        batch, height, width, depth = self.shapes[self.at]
        inputs = [self.at, *self.weighted((count, size, size, depth), 0, dead, out_scale, **more)]
        out = self._sizes(height, width, size, padding, stride)
        options = schema.Conv2DOptionsT(
            padding=padding, strideH=stride, strideW=stride, fusedActivationFunction=activation
        )
        return self._add("CONV_2D", inputs, (batch, *out, count), options, out_scale, zero, dead, 3)

    def depthwise(
        self,
        dead: dict[int, str] | None = None,
        multiplier: int = 1,
        size: int = 3,
        padding: int = SAME,
        stride: int = 1,
        activation: int = 0,
        zero: int = -128,
        out_scale: float = 0.1,
    ) -> int:
        dead = dead or {}
        batch, height, width, depth = self.shapes[self.at]
        inputs = [self.at, *self.weighted((1, size, size, depth * multiplier), 3, dead, out_scale)]
        out = self._sizes(height, width, size, padding, stride)
        options = schema.DepthwiseConv2DOptionsT(
            padding=padding,
            strideH=stride,
            strideW=stride,
            fusedActivationFunction=activation,
            depthMultiplier=multiplier,
        )
        shape = (batch, *out, depth * multiplier)
        return self._add("DEPTHWISE_CONV_2D", inputs, shape, options, out_scale, zero, dead, 3)

    def dense(self, units: int, dead: dict[int, str] | None = None, **more: Any) -> int:
        dead, out_scale = dead or {}, 0.1
        depth = int(np.prod(self.shapes[self.at][1:]))
        inputs = [self.at, *self.weighted((units, depth), 0, dead, out_scale, **more)]
        options = schema.FullyConnectedOptionsT()
        return self._add("FULLY_CONNECTED", inputs, (1, units), options, out_scale, 5, dead, 4)

    def pool(self, name: str, size: int = 2, padding: int = VALID) -> int:
        batch, height, width, depth = self.shapes[self.at]
        out = self._sizes(height, width, size, padding, size)
        options = schema.Pool2DOptionsT(
            padding=padding, strideH=size, strideW=size, filterHeight=size, filterWidth=size
        )
        return self._add(name, [self.at], (batch, *out, depth), options, *self.quantization[self.at])

    def add(self, first: int, second: int, zero: int = -20) -> int:
        return self._add(
            "ADD", [first, second], self.shapes[first], schema.AddOptionsT(), 0.15, zero, version=2
        )

    def flatten(self) -> int:
        length = int(np.prod(self.shapes[self.at]))
        shape = self.builder.tensor((2,), "int32", data=np.array([1, length], np.int32))
        options = schema.ReshapeOptionsT(newShape=[1, length])
        return self._add("RESHAPE", [self.at, shape], (1, length), options, *self.quantization[self.at])

    def mean(self) -> int:
        axes = self.builder.tensor((2,), "int32", data=np.array([1, 2], np.int32))
        shape = (1, self.shapes[self.at][-1])
        return self._add("MEAN", [self.at, axes], shape, schema.ReducerOptionsT(), 0.08, 3, version=2)

    def pad(self, amounts: list[list[int]], value: int | None = None) -> int:
        constant = self.builder.tensor((4, 2), "int32", data=np.array(amounts, np.int32))
        shape = tuple(size + sum(pair) for size, pair in zip(self.shapes[self.at], amounts, strict=True))
        inputs, quantization = [self.at, constant], self.quantization[self.at]
        if value is None:
            return self._add("PAD", inputs, shape, schema.PadOptionsT(), *quantization)
        inputs.append(self.tensor((1,), *quantization, np.array([value], np.int8)))
        return self._add("PADV2", inputs, shape, schema.PadV2OptionsT(), *quantization)

    def concatenate(self, parts: list[int], axis: int = 3) -> int:
        shape = list(self.shapes[parts[0]])
        shape[axis] = sum(self.shapes[each][axis] for each in parts)
        options = schema.ConcatenationOptionsT(axis=axis)
        return self._add(
            "CONCATENATION", parts, tuple(shape), options, *self.quantization[parts[0]], version=2
        )

    def build(self, outputs: list[int] | None = None) -> bytes:
        return self.builder.build([self.source], outputs or [self.at])

    def _add(
        self,
        name: str,
        inputs: list[int],
        shape: tuple[int, ...],
        options: Any,
        scale: float,
        zero: int,
        dead: dict[int, str] | None = None,
        version: int = 1,
    ) -> int:
        self.at = self.tensor(shape, scale, zero)
        self.builder.operator(name, inputs, [self.at], options, version)
        self.planted += [(self.at, channel) for channel in dead or {}]
        return self.at

    @staticmethod
    def _sizes(height: int, width: int, size: int, padding: int, stride: int) -> tuple[int, int]:
        less = 0 if padding == SAME else size - 1
        return -(-(height - less) // stride), -(-(width - less) // stride)
