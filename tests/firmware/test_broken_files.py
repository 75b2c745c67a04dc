"""One thing wrong in a file at a time: the load says what, and where, and the device takes the next model.

And files that are right but would keep the load busy: they are refused soon.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.deadline import Deadline
from edgekit.errors import RemoteError
from edgekit.host_device import HostDeviceLink
from edgekit.host_runtime import HostRuntime
from edgekit.session import DeviceSession
from edgekit.wire.codes import Status
from tests.firmware.broken_files import ALL, LOOP, NETWORK, UNSUPPORTED, Fault, broken
from tests.generators.state import build_accumulator
from tests.generators.tflite_builder import TfliteBuilder


@pytest.fixture(scope="module")
def device() -> DeviceSession:
    """One for all files: what one of them breaks, the next ones show."""
    return DeviceSession.open(HostDeviceLink(model_capacity=1 << 16, arena_capacity=1 << 16), Deadline(600))


@pytest.mark.parametrize(("model", "is_raw", "fault"), ALL, ids=[each.name for _, _, each in ALL])
def test_a_file_with_a_fault_is_refused_with_its_place(
    device: DeviceSession, model: bytes, is_raw: bool, fault: Fault
) -> None:
    device.load(model, Deadline(10))
    with pytest.raises(RemoteError) as caught:
        device.load(broken(model, fault.change, is_raw), Deadline(10))
    found = caught.value
    assert (found.status, found.operator, found.tensor) == (fault.status, fault.operator, fault.tensor), found
    assert fault.message in str(found)
    with pytest.raises(RemoteError, match="no model is loaded"):
        device.invoke(Deadline(10))
    device.load(model, Deadline(10))
    assert len(device.invoke(Deadline(10))) == 1


def test_the_files_that_are_broken_are_sound_before() -> None:
    for model in (NETWORK, LOOP):
        assert HostRuntime(broken(model, lambda _: None, is_raw=False)).report.status == Status.OK


@pytest.mark.parametrize(("length", "status"), [(255, Status.OK), (256, UNSUPPORTED), (100_000, UNSUPPORTED)])
def test_a_name_of_a_variable_is_bounded(length: int, status: Status) -> None:
    def rename(model: Any) -> None:
        for each in model.subgraphs[0].operators:
            if (
                isinstance(each.builtinOptions, schema.VarHandleOptionsT)
                and each.builtinOptions.sharedName == b"last"
            ):
                each.builtinOptions.sharedName = b"n" * length

    report = HostRuntime(broken(build_accumulator(lambda _: 4, initial=True), rename, is_raw=False)).report
    assert report.status == status
    assert ("more than 255 bytes" in report.message) == (status != Status.OK)


@pytest.mark.parametrize("repeated", ["VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE"])
def test_variables_by_the_thousand_do_not_keep_the_load_busy(repeated: str) -> None:
    """Each was compared with each: hours for a file of some hundred kilobytes."""
    builder = TfliteBuilder()
    shape, count = (1, 4), 2000
    handles = [builder.tensor((1,), "resource") for _ in range(count if repeated == "VAR_HANDLE" else 1)]
    for number, handle in enumerate(handles):
        named = schema.VarHandleOptionsT()
        named.container, named.sharedName = "", f"{'v' * 100}{number}"
        builder.operator("VAR_HANDLE", [], [handle], named)
    value = builder.tensor(shape, "int8", [0.1], [0], data=np.zeros(shape, np.int8))
    for _ in range(count if repeated == "ASSIGN_VARIABLE" else 1):
        builder.operator("ASSIGN_VARIABLE", [handles[-1], value], [], schema.AssignVariableOptionsT())
    for _ in range(count if repeated == "READ_VARIABLE" else 1):
        result = builder.tensor(shape, "int8", [0.1], [0])
        builder.operator("READ_VARIABLE", [handles[-1]], [result], schema.ReadVariableOptionsT())
    model = broken(builder.build([], [result]), share_codes, is_raw=False)
    began = time.monotonic()
    report = HostRuntime(model).report
    assert time.monotonic() - began < 5
    assert report.status == UNSUPPORTED
    assert "more than 256" in report.message


def share_codes(model: Any) -> None:
    """One operator code for each operator, not for each time that it is used: the list of codes is bounded too."""
    kinds = sorted({each.builtinCode for each in model.operatorCodes})
    for each in (operator for graph in model.subgraphs for operator in graph.operators):
        each.opcodeIndex = kinds.index(model.operatorCodes[each.opcodeIndex].builtinCode)
    by_code = {each.builtinCode: each for each in model.operatorCodes}
    model.operatorCodes = [by_code[each] for each in kinds]


def test_a_file_that_is_slow_to_read_is_refused_soon() -> None:
    builder = TfliteBuilder()
    count = 100_000
    many = builder.tensor((count,), "int8", [0.1] * count, [0] * count)
    for _ in range(4000):  # each reads six million scales
        one = builder.tensor((count,), "int8", [0.1], [0])
        builder.operator("RESHAPE", [many] * 60, [one], schema.ReshapeOptionsT())
    model = broken(builder.build([many], [one]), share_codes, is_raw=False)
    session = DeviceSession.open(HostDeviceLink(), Deadline(60))
    began = time.monotonic()
    with pytest.raises(RemoteError, match="would take too long") as caught:
        session.load(model, Deadline(60))
    assert caught.value.status == UNSUPPORTED
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(("count", "is_refused"), [(1024, False), (1025, True)])
def test_the_list_of_operator_codes_is_bounded(count: int, is_refused: bool) -> None:
    report = HostRuntime(
        broken(
            NETWORK,
            lambda model: model.operatorCodes.extend([model.operatorCodes[0]] * (count - 7)),
            is_raw=False,
        )
    ).report
    assert (report.status == UNSUPPORTED and "1024 operator codes" in report.message) == is_refused
    assert (report.status == Status.OK) != is_refused
