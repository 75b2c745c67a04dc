from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.deadline import Deadline
from edgekit.deploy import deploy
from edgekit.errors import ModelError, UnsupportedModelError
from edgekit.host_device import HostDeviceLink
from edgekit.session import DeviceSession
from edgekit.tflite_model import TfliteModel, read_model
from tests.generators.networks import build_small_network
from tests.generators.tflite_builder import TfliteBuilder


def session(**capacities: int) -> DeviceSession:
    return DeviceSession.open(HostDeviceLink(**capacities), Deadline(10.0))


def model_with_a_float_operator() -> TfliteModel:
    builder = TfliteBuilder()
    source = builder.tensor((1, 4), "int8", [0.1], [0])
    middle = builder.tensor((1, 4), "float32")
    shape = builder.tensor((1,), "int32", data=np.array([4], np.int32))
    flat = builder.tensor((4,), "float32")
    total = builder.tensor((4,), "float32")
    builder.operator("DEQUANTIZE", [source], [middle], schema.DequantizeOptionsT())
    builder.operator("RESHAPE", [middle, shape], [flat], schema.ReshapeOptionsT(newShape=[4]))
    builder.operator("MATRIX_DIAG", [flat], [total])
    return read_model(builder.build([source], [total]))


def test_a_model_that_fits_is_loaded_with_its_progress() -> None:
    model = read_model(build_small_network())
    sent: list[int] = []
    assert deploy(session(), model, Deadline(10.0), sent.append).sha256 == model.sha256
    assert sum(sent) == len(model.data)


def test_an_unsupported_operator_is_named_with_its_index_and_types() -> None:
    with pytest.raises(UnsupportedModelError, match="operator 2 is MATRIX_DIAG on float32") as caught:
        deploy(session(), model_with_a_float_operator(), Deadline(10.0))
    assert caught.value.exit_code == 1


def test_a_model_larger_than_the_memory_is_unsupported() -> None:
    model = read_model(build_small_network())
    with pytest.raises(UnsupportedModelError, match="larger than the board's memory"):
        deploy(session(model_capacity=100), model, Deadline(10.0))
    with pytest.raises(UnsupportedModelError, match="larger arena"):
        deploy(session(arena_capacity=500), model, Deadline(10.0))


def test_a_file_that_only_the_device_finds_broken_is_a_model_error() -> None:
    builder = TfliteBuilder()
    source = builder.tensor((1, 4), "int8", [0.1], [0])
    shape = builder.tensor((1,), "int32", data=np.array([5], np.int32))
    flat = builder.tensor((5,), "int8", [0.1], [0])
    builder.operator("RESHAPE", [source, shape], [flat], schema.ReshapeOptionsT(newShape=[5]))
    with pytest.raises(ModelError, match=r"number of elements.*operator 0 is RESHAPE") as caught:
        deploy(session(), read_model(builder.build([source], [flat])), Deadline(10.0))
    assert not isinstance(caught.value, UnsupportedModelError)
