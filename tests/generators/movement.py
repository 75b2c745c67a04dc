"""Models of one operator that moves or makes data, over types, ranks, axes and operands.

Types, ranks and operands that tflite-micro refuses with a message are drawn as well, and LiteRT decides them. What
makes the wheel crash, or succeed without computing anything, is left out here, each time with a comment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from hypothesis import strategies as st

from tests.generators.single_operator import Draw, case, scales
from tests.generators.tflite_builder import TfliteBuilder

ALL_TYPES = ("int8", "float32", "int16", "int32", "uint8", "int64", "bool")


def types(*names: str) -> st.SearchStrategy[str]:
    return st.sampled_from(names or ALL_TYPES)


def shapes(low: int = 1, high: int = 5, most: int = 4) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(1, most), min_size=low, max_size=high)


class Case:
    """A builder whose tensors of one type share one quantization."""

    def __init__(self, draw: Draw, dtype: str) -> None:
        self.draw = draw
        self.dtype = dtype
        self.builder = TfliteBuilder()
        low, high = {"int8": (-128, 127), "uint8": (0, 255)}.get(dtype, (0, 0))
        is_quantized = dtype in ("int8", "uint8", "int16")
        self._scales = [draw(scales())] if is_quantized else []
        self._zero_points = [draw(st.integers(low, high))] if is_quantized else []

    def tensor(self, shape: Sequence[int], data: np.ndarray | None = None) -> int:
        return self.builder.tensor(shape, self.dtype, self._scales, self._zero_points, data)

    def constant(self, values: Any, dtype: str = "int32") -> int:
        array = np.array(values, dtype)
        return self.builder.tensor(array.shape, dtype, data=array)

    def axis(self, axis: int, rank: int) -> int:
        """The axis, or its name from the other end."""
        return axis - rank if self.draw(st.booleans()) else axis

    def finish(
        self, name: str, inputs: Sequence[int], outputs: Sequence[int], options: Any = None, feeds: Any = None
    ) -> bytes:
        self.builder.operator(name, inputs, outputs, options)
        return self.builder.build(inputs[:1] if feeds is None else feeds, outputs)


@case("ek_squeeze_any")
def squeeze(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(st.lists(st.sampled_from([1, 1, 2, 3]), min_size=1, max_size=5))
    ones = [axis for axis, size in enumerate(shape) if size == 1]
    gone = draw(st.lists(st.sampled_from(ones), unique=True)) if ones else []
    left = [size for axis, size in enumerate(shape) if (axis not in gone if gone else size != 1)]
    source, result = make.tensor(shape), make.tensor(left)
    options = schema.SqueezeOptionsT(squeezeDims=[make.axis(axis, len(shape)) for axis in gone])
    return make.finish("SQUEEZE", [source], [result], options)


@case("ek_expand_dims_any")
def expand_dims(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(shapes(0, 4))
    axis = draw(st.integers(0, len(shape)))
    source, result = make.tensor(shape), make.tensor([*shape[:axis], 1, *shape[axis:]])
    inputs = [source, make.constant([make.axis(axis, len(shape) + 1)])]
    return make.finish("EXPAND_DIMS", inputs, [result], schema.ExpandDimsOptionsT())


@case("ek_transpose_any")
def transpose(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(shapes(1, 6))
    order = draw(st.permutations(range(len(shape))))
    source, result = make.tensor(shape), make.tensor([shape[axis] for axis in order])
    return make.finish("TRANSPOSE", [source, make.constant(order)], [result], schema.TransposeOptionsT())


def _pad(draw: Draw, name: str, options: Any, with_value: bool) -> bytes:
    make = Case(draw, draw(types("int8", "float32", "int16", "int32", "int8", "float32", "uint8", "int64")))
    shape = draw(shapes(1, 5))
    amounts = [[draw(st.integers(0, 3)), draw(st.integers(0, 3))] for _ in shape]
    source = make.tensor(shape)
    result = make.tensor([size + sum(pair) for size, pair in zip(shape, amounts, strict=True)])
    inputs = [source, make.constant(amounts)]
    feeds = [source]
    if with_value:
        inputs.append(make.tensor([1] if draw(st.booleans()) else []))
        feeds.append(inputs[-1])
    return make.finish(name, inputs, [result], options, feeds)


@case("ek_pad_any")
def pad(draw: Draw) -> bytes:
    return _pad(draw, "PAD", schema.PadOptionsT(), with_value=False)


@case("ek_padv2_any")
def padv2(draw: Draw) -> bytes:
    return _pad(draw, "PADV2", schema.PadV2OptionsT(), with_value=True)


@case("ek_mirror_pad_any")
def mirror_pad(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(shapes(1, 5))
    mode = draw(st.sampled_from([0, 1]))
    most = [size - (1 if mode == 0 else 0) for size in shape]
    amounts = [[draw(st.integers(0, size)), draw(st.integers(0, size))] for size in most]
    source = make.tensor(shape)
    result = make.tensor([size + sum(pair) for size, pair in zip(shape, amounts, strict=True)])
    options = schema.MirrorPadOptionsT(mode=mode)
    inputs = [source, make.constant(amounts, draw(types("int32", "int64")))]
    return make.finish("MIRROR_PAD", inputs, [result], options)


@case("ek_concatenation_any")
def concatenation(draw: Draw) -> bytes:
    make = Case(draw, draw(types("int8", "float32", "int16", "int32", "int64", "bool")))
    shape = draw(shapes(1, 5))
    axis = draw(st.integers(0, len(shape) - 1))
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    inputs = [make.tensor([*shape[:axis], size, *shape[axis + 1 :]]) for size in sizes]
    result = make.tensor([*shape[:axis], sum(sizes), *shape[axis + 1 :]])
    options = schema.ConcatenationOptionsT(axis=make.axis(axis, len(shape)))
    return make.finish("CONCATENATION", inputs, [result], options, inputs)


@case("ek_concatenation_uint8")
def concatenation_uint8(draw: Draw) -> bytes:
    builder = TfliteBuilder()
    shape = draw(shapes(1, 4))
    axis = draw(st.integers(0, len(shape) - 1))
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    scale = draw(scales())
    units = [([scale * draw(scales(-3, 3))], [draw(st.integers(0, 255))]) for _ in range(3)]
    inputs = [
        builder.tensor([*shape[:axis], size, *shape[axis + 1 :]], "uint8", *draw(st.sampled_from(units)))
        for size in sizes
    ]
    result = builder.tensor([*shape[:axis], sum(sizes), *shape[axis + 1 :]], "uint8", *units[0])
    options = schema.ConcatenationOptionsT(axis=axis)
    builder.operator("CONCATENATION", inputs, [result], options, 1)
    return builder.build(inputs, [result])


@case("ek_split_any")
def split(draw: Draw) -> bytes:
    make = Case(draw, draw(types(*ALL_TYPES[:-2])))  # neither reference splits int64 or bool
    shape = draw(shapes(1, 5))
    axis = draw(st.integers(0, len(shape) - 1))
    count = draw(st.integers(1, 4))
    source = make.tensor([*shape[:axis], shape[axis] * count, *shape[axis + 1 :]])
    results = [make.tensor(shape) for _ in range(count)]
    inputs = [make.constant(make.axis(axis, len(shape))), source]
    return make.finish("SPLIT", inputs, results, schema.SplitOptionsT(numSplits=count), [source])


@case("ek_split_v_any")
def split_v(draw: Draw) -> bytes:
    make = Case(draw, draw(types(*ALL_TYPES[:-2])))  # neither reference splits int64 or bool
    shape = draw(shapes(1, 5))
    axis = draw(st.integers(0, len(shape) - 1))
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    source = make.tensor([*shape[:axis], sum(sizes), *shape[axis + 1 :]])
    results = [make.tensor([*shape[:axis], size, *shape[axis + 1 :]]) for size in sizes]
    if draw(st.booleans()):
        sizes[draw(st.integers(0, len(sizes) - 1))] = -1
    inputs = [source, make.constant(sizes), make.constant(make.axis(axis, len(shape)))]
    return make.finish("SPLIT_V", inputs, results, schema.SplitVOptionsT(numSplits=len(sizes)), [source])


@case("ek_pack_any")
def pack(draw: Draw) -> bytes:
    make = Case(draw, draw(types(*ALL_TYPES[:-1])))  # neither reference packs bool
    shape = draw(shapes(0, 4))
    axis = draw(st.integers(0, len(shape)))
    count = draw(st.integers(1, 4))
    inputs = [make.tensor(shape) for _ in range(count)]
    result = make.tensor([*shape[:axis], count, *shape[axis:]])
    options = schema.PackOptionsT(valuesCount=count, axis=make.axis(axis, len(shape) + 1))
    return make.finish("PACK", inputs, [result], options, inputs)


@case("ek_unpack_any")
def unpack(draw: Draw) -> bytes:
    make = Case(draw, draw(types("int8", "float32", "int16", "int32", "uint8", "bool")))  # int64: neither
    shape = draw(shapes(1, 5))
    axis = draw(st.integers(0, len(shape) - 1))
    source = make.tensor(shape)
    results = [make.tensor([*shape[:axis], *shape[axis + 1 :]]) for _ in range(shape[axis])]
    options = schema.UnpackOptionsT(num=shape[axis], axis=make.axis(axis, len(shape)))
    return make.finish("UNPACK", [source], results, options)


@case("ek_slice_any")
def slice_(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(shapes(1, 5))
    begin = [draw(st.integers(0, size - 1)) for size in shape]
    sizes = [draw(st.integers(1, size - low)) for size, low in zip(shape, begin, strict=True)]
    source, result = make.tensor(shape), make.tensor(sizes)
    asked = [
        -1 if low + count == size and draw(st.booleans()) else count
        for size, low, count in zip(shape, begin, sizes, strict=True)
    ]
    kind = draw(types("int32", "int64"))
    inputs = [source, make.constant(begin, kind), make.constant(asked, kind)]
    return make.finish("SLICE", inputs, [result], schema.SliceOptionsT())


@case("ek_strided_slice_any")
def strided_slice(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(shapes(1, 5, most=6))
    options = schema.StridedSliceOptionsT()
    begins, ends, strides, left = [], [], [], []
    for axis, size in enumerate(shape):
        bit = 1 << axis
        stride = draw(st.sampled_from([1, 1, 2, 3, -1, -2]))
        first, last = sorted((draw(st.integers(0, size - 1)), draw(st.integers(0, size - 1))))
        begin, end = (first, last + 1) if stride > 0 else (last, first - 1)
        if draw(st.integers(0, 4)) == 0:
            options.shrinkAxisMask |= bit
            stride, end = 1, begin + 1
        else:
            if draw(st.integers(0, 3)) == 0:
                options.beginMask |= bit
                first, last = (0, last) if stride > 0 else (first, size - 1)
            # Going down to the first entry, an end of −1 would mean the last one.
            if draw(st.integers(0, 3)) == 0 or end < 0:
                options.endMask |= bit
                first, last = (first, size - 1) if stride > 0 else (0, last)
            left.append((last - first) // abs(stride) + 1)
            if end == size and draw(st.booleans()):
                end += draw(st.integers(0, 3))  # is cut off
        begins.append(make.axis(begin, size))
        ends.append(make.axis(end, size) if 0 <= end < size else end)
        strides.append(stride)
    source, result = make.tensor(shape), make.tensor(left)
    inputs = [source, *(make.constant(each) for each in (begins, ends, strides))]
    return make.finish("STRIDED_SLICE", inputs, [result], options)


@case("ek_shape_any")
def shape_(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(shapes(1, 5))
    source = make.tensor(shape)
    result = make.builder.tensor((len(shape),), "int32")
    return make.finish("SHAPE", [source], [result], schema.ShapeOptionsT(outType=schema.TensorType.INT32))


@case("ek_gather_any")
def gather(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(shapes(1, 4))
    axis = draw(st.integers(0, len(shape) - 1))
    num_batches = draw(st.integers(0, axis))
    picks = draw(shapes(0, 2))
    places = [*shape[:num_batches], *picks]
    # The output's rank is limited like that of any other tensor.
    result = make.tensor([*shape[:axis], *picks, *shape[axis + 1 :]])
    source = make.tensor(shape)
    indices = make.builder.tensor(places, "int32", limits=(0, shape[axis] - 1))
    # A negative number of batch axes counts from the rank of the indices.
    batch_dims = make.axis(num_batches, len(places)) if len(places) > num_batches else num_batches
    options = schema.GatherOptionsT(axis=make.axis(axis, len(shape)), batchDims=batch_dims)
    return make.finish("GATHER", [source, indices], [result], options, [source, indices])


@case("ek_gather_nd_any")
def gather_nd(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(shapes(1, 5))
    num_coordinates = draw(st.integers(1, len(shape)))
    picks = draw(shapes(0, 2))
    if len(picks) + len(shape) - num_coordinates > 5:
        picks = picks[:1]
    source = make.tensor(shape)
    limit = min(shape[:num_coordinates]) - 1
    indices = make.builder.tensor([*picks, num_coordinates], "int32", limits=(0, limit))
    result = make.tensor([*picks, *shape[num_coordinates:]])
    return make.finish("GATHER_ND", [source, indices], [result], schema.GatherNdOptionsT(), [source, indices])


def _depth_space(draw: Draw, name: str, options: Any, to_space: bool) -> bytes:
    make = Case(draw, draw(types("int8", "float32", "int8", "float32", "uint8", "int32", "int64")))
    batch, height, width, depth = draw(shapes(4, 4))
    options.blockSize = block = draw(st.integers(1, 3))
    deep = make.tensor([batch, height, width, depth * block * block])
    wide = make.tensor([batch, height * block, width * block, depth])
    source, result = (deep, wide) if to_space else (wide, deep)
    return make.finish(name, [source], [result], options)


@case("ek_depth_to_space_any")
def depth_to_space(draw: Draw) -> bytes:
    return _depth_space(draw, "DEPTH_TO_SPACE", schema.DepthToSpaceOptionsT(), to_space=True)


@case("ek_space_to_depth_any")
def space_to_depth(draw: Draw) -> bytes:
    return _depth_space(draw, "SPACE_TO_DEPTH", schema.SpaceToDepthOptionsT(), to_space=False)


def _batch_space(draw: Draw, name: str, options: Any, to_batch: bool) -> bytes:
    make = Case(draw, draw(types("int8", "float32", "int8", "float32", "uint8", "int32", "int64")))
    num_axes = draw(st.integers(1, 2))
    batch, depth = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    block = [draw(st.integers(1, 3)) for _ in range(num_axes)]
    counts = [draw(st.integers(1, 4)) for _ in range(num_axes)]
    amounts = []
    for size, count in zip(block, counts, strict=True):
        before = draw(st.integers(0, size * count - 1))
        amounts.append([before, draw(st.integers(0, size * count - 1 - before))])
    sizes = [b * n - sum(pair) for b, n, pair in zip(block, counts, amounts, strict=True)]
    wide = make.tensor([batch, *sizes, depth])
    many = make.tensor([batch * int(np.prod(block)), *counts, depth])
    source, result = (wide, many) if to_batch else (many, wide)
    return make.finish(name, [source, make.constant(block), make.constant(amounts)], [result], options)


@case("ek_space_to_batch_nd_any")
def space_to_batch_nd(draw: Draw) -> bytes:
    return _batch_space(draw, "SPACE_TO_BATCH_ND", schema.SpaceToBatchNDOptionsT(), to_batch=True)


@case("ek_batch_to_space_nd_any")
def batch_to_space_nd(draw: Draw) -> bytes:
    return _batch_space(draw, "BATCH_TO_SPACE_ND", schema.BatchToSpaceNDOptionsT(), to_batch=False)


def _repeated(draw: Draw, shape: list[int]) -> list[int]:
    """A shape that broadcasts to `shape`."""
    smaller = [1 if draw(st.integers(0, 2)) == 0 else size for size in shape]
    return smaller[draw(st.integers(0, len(smaller))) :] if draw(st.booleans()) else smaller


@case("ek_broadcast_to_any")
def broadcast_to(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(shapes(1, 5))
    source, result = make.tensor(_repeated(draw, shape)), make.tensor(shape)
    inputs = [source, make.constant(shape, draw(types("int32", "int64")))]
    return make.finish("BROADCAST_TO", inputs, [result], schema.BroadcastToOptionsT())


@case("ek_broadcast_args_any")
def broadcast_args(draw: Draw) -> bytes:
    make = Case(draw, draw(types("int32", "int64")))
    shape = draw(shapes(1, 5))
    first = make.constant(shape, make.dtype)
    # Shapes that broadcast whatever the input holds: ones and zeros do not both occur.
    length = draw(st.integers(1, 5))
    second = make.builder.tensor((length,), make.dtype, limits=(1, 1))
    result = make.tensor([max(len(shape), length)])
    inputs = [first, second] if draw(st.booleans()) else [second, first]
    return make.finish("BROADCAST_ARGS", inputs, [result], None, [second])


@case("ek_fill_any")
def fill(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(shapes(1, 5))
    source, result = make.tensor([]), make.tensor(shape)
    inputs = [make.constant(shape, draw(types("int32", "int64"))), source]
    return make.finish("FILL", inputs, [result], schema.FillOptionsT(), [source])


@case("ek_zeros_like_any")
def zeros_like(draw: Draw) -> bytes:
    make = Case(draw, draw(types("int8", "float32", "int32", "int64")))
    shape = draw(shapes(0, 5))
    return make.finish("ZEROS_LIKE", [make.tensor(shape)], [make.tensor(shape)], schema.ZerosLikeOptionsT())


@case("ek_cast_any")
def cast(draw: Draw) -> bytes:
    builder = TfliteBuilder()
    shape = draw(shapes(0, 4))
    from_type, to_type = draw(types(*ALL_TYPES, "uint32", "uint16")), draw(types(*ALL_TYPES, "uint32"))
    source, result = builder.tensor(shape, from_type), builder.tensor(shape, to_type)
    builder.operator("CAST", [source], [result], schema.CastOptionsT())
    return builder.build([source], [result])


@case("ek_select_v2_any")
def select_v2(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(shapes(1, 5))
    sources = [_repeated(draw, shape) for _ in range(3)]
    condition = make.builder.tensor(sources[0], "bool")
    inputs = [condition, make.tensor(sources[1]), make.tensor(sources[2])]
    result = make.tensor(np.broadcast_shapes(*sources))
    return make.finish("SELECT_V2", inputs, [result], schema.SelectV2OptionsT(), inputs)


@case("ek_reverse_v2_any")
def reverse_v2(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(shapes(1, 5))
    first = draw(st.integers(0, len(shape) - 1))
    axes = list(range(first, draw(st.integers(first, len(shape) - 1)) + 1))  # the reference wants neighbours
    source, result = make.tensor(shape), make.tensor(shape)
    inputs = [source, make.constant([make.axis(axis, len(shape)) for axis in axes])]
    return make.finish("REVERSE_V2", inputs, [result], schema.ReverseV2OptionsT())


@case("ek_embedding_lookup_any")
def embedding_lookup(draw: Draw) -> bytes:
    make = Case(draw, draw(types("int8", "float32")))
    shape = draw(shapes(2, 4))
    count = draw(st.integers(1, 5))
    indices = make.builder.tensor((count,), "int32", limits=(0, shape[0] - 1))
    kind = draw(types(make.dtype, "float32"))
    if kind == make.dtype:
        table, result = make.tensor(shape), make.tensor([count, *shape[1:]])
    else:
        table = make.builder.tensor(shape, "int8", [draw(scales())], [0])
        result = make.builder.tensor([count, *shape[1:]], kind)
    return make.finish("EMBEDDING_LOOKUP", [indices, table], [result], None, [indices, table])


@case("ek_dynamic_update_slice_any")
def dynamic_update_slice(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(shapes(1, 5))
    update = make.tensor([draw(st.integers(1, size)) for size in shape])
    source, result = make.tensor(shape), make.tensor(shape)
    start = make.builder.tensor((len(shape),), draw(types("int32", "int64")), limits=(-2, 6))
    inputs = [source, update, start]
    return make.finish("DYNAMIC_UPDATE_SLICE", inputs, [result], None, inputs)


def _arg(draw: Draw, name: str, options: Any) -> bytes:
    make = Case(draw, draw(types("int8", "float32", "int8", "float32", "uint8", "int32")))
    shape = draw(shapes(1, 5))
    axis = draw(st.integers(0, len(shape) - 1))
    source = make.tensor(shape)
    result = make.builder.tensor([*shape[:axis], *shape[axis + 1 :]], "int32")
    options.outputType = schema.TensorType.INT32
    return make.finish(name, [source, make.constant(make.axis(axis, len(shape)))], [result], options)


@case("ek_arg_max_any")
def arg_max(draw: Draw) -> bytes:
    return _arg(draw, "ARG_MAX", schema.ArgMaxOptionsT())


@case("ek_arg_min_any")
def arg_min(draw: Draw) -> bytes:
    return _arg(draw, "ARG_MIN", schema.ArgMinOptionsT())


def _cumsum(draw: Draw, dtype: str) -> bytes:
    builder = TfliteBuilder()
    shape = draw(shapes(1, 5))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    first: tuple[list[float], list[int]] = ([], [])
    second: tuple[list[float], list[int]] = ([], [])
    if dtype == "int8":
        scale = draw(scales(-8, 2))
        first = ([scale], [draw(st.integers(-128, 127))])
        second = ([scale * draw(scales(-2, 4))], [draw(st.integers(-128, 127))])
    source, result = builder.tensor(shape, dtype, *first), builder.tensor(shape, dtype, *second)
    where = builder.tensor((), "int32", data=np.array(axis, np.int32))
    options = schema.CumsumOptionsT(exclusive=draw(st.booleans()), reverse=draw(st.booleans()))
    builder.operator("CUMSUM", [source, where], [result], options)
    return builder.build([source], [result])


@case("ek_cumsum_int8")
def cumsum_int8(draw: Draw) -> bytes:
    return _cumsum(draw, "int8")


@case("ek_cumsum_int32")
def cumsum_int32(draw: Draw) -> bytes:
    return _cumsum(draw, "int32")


@case("ek_cumsum_float32")
def cumsum_float32(draw: Draw) -> bytes:
    return _cumsum(draw, "float32")
