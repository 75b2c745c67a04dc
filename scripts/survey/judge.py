"""What a finished file is: accuracy on the whole test split, sizes, and what it takes on the emulated board."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit import farm
from edgekit.datasets import DataSet
from edgekit.deadline import Deadline
from edgekit.errors import EdgekitError
from edgekit.evaluation import make_evaluation_set
from edgekit.flatbuffer_weights import count_parameters
from edgekit.host_runtime import HostRuntime
from edgekit.larq_oracle import LarqOracle, has_larq_operators
from edgekit.oracle import find_oracle
from edgekit.tflite_model import TfliteModel

BOARD = "qemu_mps2_an386"
# Samples on which the runtime is held against the reference kernels, byte by byte.
_NUM_COMPARED = 100


@dataclass(frozen=True)
class Accuracy:
    value: float
    measured_with: str


def measure_accuracy(model: TfliteModel, dataset: DataSet) -> Accuracy:
    """Top-1 on all test samples: by edgekit's C runtime where it takes the model, compared with the reference
    kernels on the first of them; else by a Linux runtime's own kernels."""
    inputs = make_evaluation_set([dataset.x_test], None, model).inputs[0]
    if has_larq_operators(model):
        larq = LarqOracle(model)
        outputs = [larq.invoke([each[None]])[0].ravel() for each in inputs]
        return _score(outputs, dataset, larq.name)
    runtime = HostRuntime(model.data)
    if runtime.report.status != 0:
        return _score(_run_litert(model, inputs), dataset, "LiteRT, default kernels")
    outputs = [_run(runtime, each, model) for each in inputs]
    _compare(model, inputs[:_NUM_COMPARED], outputs)
    return _score(outputs, dataset, "edgekit C runtime on the host")


def _run(runtime: HostRuntime, sample: np.ndarray[Any, Any], model: TfliteModel) -> np.ndarray[Any, Any]:
    runtime.invoke([sample])
    return np.array(runtime.tensor(1, 0)).view(model.outputs[0].dtype)


def _compare(model: TfliteModel, inputs: np.ndarray[Any, Any], outputs: list[np.ndarray[Any, Any]]) -> None:
    oracle = find_oracle(model.data)
    if oracle is None:
        return
    for sample, found in zip(inputs, outputs, strict=False):
        expected = oracle.invoke([sample.reshape(model.inputs[0].shape)])[0].ravel()
        if expected.dtype.kind == "f":
            equal = bool((expected.argmax() == found.argmax()) and np.allclose(expected, found, atol=1e-5))
        else:
            equal = bool(np.array_equal(expected, found))
        if not equal:
            raise EdgekitError(f"edgekit's runtime and {oracle.name} differ: {found} and {expected}")


def _run_litert(model: TfliteModel, inputs: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model.data, num_threads=1)
    interpreter.allocate_tensors()
    where = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    outputs = []
    for sample in inputs:
        interpreter.set_tensor(where[0], sample.reshape(model.inputs[0].shape))
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(where[1]).ravel().copy())
    return outputs


def _score(outputs: list[np.ndarray[Any, Any]], dataset: DataSet, measured_with: str) -> Accuracy:
    right = np.stack(outputs).argmax(axis=1) == dataset.y_test
    return Accuracy(float(right.mean()), measured_with)


def measure_sizes(model: TfliteModel) -> dict[str, int]:
    """`deflated` is what the best general-purpose packing of the file would leave."""
    return {
        "file_bytes": len(model.data),
        "deflated_bytes": len(zlib.compress(model.data, 9)),
        "macs": model.macs,
        "num_parameters": count_parameters(model),
    }


def measure_on_board(model: TfliteModel, sample: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Arena bytes and instructions of one inference on the emulated Cortex-M4; None and why where it has no such."""
    deadline = Deadline(300.0)
    device = farm.find_device(BOARD)
    assert device.board.emulator is not None  # noqa: S101 - this board is an emulated one
    per_tick = device.board.emulator.instructions_per_tick
    try:
        with farm.connect(device, deadline) as session:
            loaded = session.load(model.data, deadline)
            session.write_input(0, sample.tobytes(), deadline)
            ticks = session.invoke(deadline)
    except EdgekitError as error:
        return {"arena_bytes": None, "instructions": None, "refused": str(error)}
    return {"arena_bytes": loaded.arena_bytes, "instructions": min(ticks) * per_tick}
