"""Models of one operator that moves or makes data, over types, ranks, axes and operands.

Types, ranks and operands that tflite-micro refuses with a message are drawn as well, and LiteRT decides them. What
makes the wheel crash, or succeed without computing anything, is left out here, each time with a comment.
"""

from __future__ import annotations

from ai_edge_litert import schema_py_generated as schema
from hypothesis import strategies as st

from tests.generators.single_operator import Draw, case, scales
from tests.generators.tflite_builder import TfliteBuilder
from tests.generators.typed_case import ALL_TYPES, Case, shapes, types


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
