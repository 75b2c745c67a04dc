"""Models of one operator that puts a margin around its input."""

from __future__ import annotations

from typing import Any

from ai_edge_litert import schema_py_generated as schema
from hypothesis import strategies as st

from tests.generators.single_operator import Draw, case
from tests.generators.typed_case import Case, shapes, types


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
