from __future__ import annotations

import pytest
import tflite

from edgekit.board import list_boards, load_board
from edgekit.commands.compress import runtime_of
from edgekit.errors import ModelError, RecipeError
from edgekit.known_wrong import RUNTIMES, TABLE, find_known_wrong, require_right
from edgekit.oracle import MicroOracle
from edgekit.tflite_model import TfliteModel, read_model
from tests.tiny_model import Operator, Tensor, build_dense, build_file

_CODE = tflite.BuiltinOperator


def make_unpacking(scales: tuple[float, ...]) -> TfliteModel:
    """int8 weights, unpacked in front of a float FULLY_CONNECTED."""
    tensors = [
        Tensor("x", (1, 2), "float32", None),
        Tensor("w", (2, 2), content=bytes(4), scales=scales),
        Tensor("unpacked", (2, 2), "float32", None),
        Tensor("y", (1, 2), "float32", None),
    ]
    operators = [
        Operator(_CODE.DEQUANTIZE, (1,), (2,)),
        Operator(_CODE.FULLY_CONNECTED, (0, 2, -1), (3,)),
    ]
    return read_model(build_file(tensors, operators, [0], [3]))


def _dense(activations: str, weights: str, scales: tuple[float, ...] = (0.5,)) -> TfliteModel:
    scale = None if activations == "float32" else 0.5
    num_bytes = 2 if weights == "int4" else 4
    tensors = [
        Tensor("x", (1, 2), activations, scale),
        Tensor("w", (2, 2), weights, content=bytes(num_bytes), scales=scales),
        Tensor("y", (1, 2), activations, scale),
    ]
    return read_model(build_file(tensors, [Operator(_CODE.FULLY_CONNECTED, (0, 1, -1), (2,))], [0], [2]))


_CASES = {
    "weights alone, a scale for each channel": (make_unpacking((0.5, 0.25)), {"tflite-micro"}),
    "weights alone, one scale": (make_unpacking((0.5,)), set[str]()),
    "dynamic int4": (_dense("float32", "int4"), {"tflite-runtime"}),
    "dynamic int8, a scale for each channel": (_dense("float32", "int8", (0.5, 0.25)), {"tflite-runtime"}),
    "dynamic int8, one scale": (_dense("float32", "int8"), set[str]()),
    "int16 with int4": (_dense("int16", "int4"), {"ai-edge-litert"}),
    "int16 with int8": (_dense("int16", "int8"), set[str]()),
    "int8 with int4": (_dense("int8", "int4"), set[str]()),
    "int8": (read_model(build_dense()), set[str]()),
}


@pytest.mark.parametrize("case", _CASES)
def test_runtimes_known_to_be_wrong_are_named_and_no_others(case: str) -> None:
    model, expected = _CASES[case]
    assert set(find_known_wrong(model)) == expected
    for runtime in RUNTIMES:
        if runtime in expected:
            with pytest.raises(RecipeError, match=f"{runtime} computes wrong results with operator 0"):
                require_right(model, runtime)
        else:
            require_right(model, runtime)


def test_every_row_of_the_table_is_seen_by_a_case() -> None:
    seen = {sentence for model, _ in _CASES.values() for sentence in find_known_wrong(model).values()}
    assert all(any(row.what in sentence for sentence in seen) for row in TABLE)


def test_an_unknown_runtime_is_refused() -> None:
    with pytest.raises(RecipeError, match="no runtime is called 'tflm'; expected one of tflite-micro"):
        require_right(read_model(build_dense()), "tflm")


def test_the_oracle_does_not_take_what_it_would_compute_wrongly() -> None:
    pytest.importorskip("tflite_micro")
    with pytest.raises(ModelError, match="first channel's scale"):
        MicroOracle(make_unpacking((0.5, 0.25)))


@pytest.mark.parametrize("name", list_boards())
def test_every_board_has_a_runtime_to_check_an_export_for(name: str) -> None:
    board = load_board(name)
    runtime = runtime_of(board)
    assert runtime in RUNTIMES
    assert (runtime == "edgekit") == (board.kind == "cortex_m")
