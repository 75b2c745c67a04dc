"""A model in a TFLite runtime: inputs in, runs timed, tensors out."""

from __future__ import annotations

import re
import time
from typing import Any, Dict, List, Optional

from edgekit.agent.delegates import count_delegated, interpreter_options
from edgekit.agent.errors import AgentError, first_line
from edgekit.agent.timing import time_runs
from edgekit.wire.codes import Space, Status

_EDGETPU_OPERATOR = "edgetpu-custom-op"


class LoadedModel:
    """An interpreter with its inputs kept aside, so that every run starts from the same ones."""

    def __init__(
        self, module: Any, model: bytes, kernels: str, threads: int, delegate: Optional[str] = None
    ) -> None:
        options = interpreter_options(module, kernels, delegate)
        options.update(model_content=model, num_threads=threads)
        self._preserves = kernels == "reference"
        self._invoked = False
        began = time.perf_counter_ns()
        try:
            self._interpreter = module.Interpreter(**options)
        except Exception as error:
            raise _load_failure(error, Status.BAD_MODEL) from error
        try:
            self._interpreter.allocate_tensors()
        except Exception as error:
            raise _load_failure(error, Status.UNSUPPORTED) from error
        self.setup_ticks = time.perf_counter_ns() - began
        self.mapping = count_delegated(self._interpreter)
        self._inputs = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()
        self._buffers: List[bytearray] = [bytearray(_num_bytes(each)) for each in self._inputs]

    @property
    def num_inputs(self) -> int:
        return len(self._inputs)

    @property
    def num_outputs(self) -> int:
        return len(self._outputs)

    @property
    def num_operators(self) -> int:
        try:
            operators = self._interpreter._get_ops_details()
        except Exception:
            return 0
        return sum(each.get("op_name") != "DELEGATE" for each in operators)

    def write_input(self, index: int, offset: int, data: bytes) -> None:
        buffer = self._input(index)
        if offset + len(data) > len(buffer):
            message = f"input {index} has {len(buffer)} bytes, not {offset + len(data)}"
            raise AgentError(Status.BAD_RANGE, message)
        buffer[offset : offset + len(data)] = data

    def invoke(self, warmup: int, runs: int) -> List[int]:
        """Nanoseconds of each timed run."""
        import numpy

        arrays = [
            (each["index"], numpy.frombuffer(bytes(buffer), dtype=each["dtype"]).reshape(each["shape"]))
            for each, buffer in zip(self._inputs, self._buffers)  # noqa: B905 - strict= needs Python 3.10
        ]

        def prepare() -> None:
            # A runtime may overwrite its inputs, so each run gets them anew.
            for index, array in arrays:
                self._interpreter.set_tensor(index, array)

        ticks = time_runs(self._interpreter, prepare, warmup, runs)
        self._invoked = True
        return ticks

    def reset_state(self) -> None:
        self._interpreter.reset_all_variables()

    def read(self, space: int, index: int, offset: int, num_bytes: int) -> bytes:
        data = self._bytes_of(space, index)
        if offset + num_bytes > len(data):
            what = Space(space).name.lower()
            message = f"{what} {index} has {len(data)} bytes, not {offset + num_bytes}"
            raise AgentError(Status.BAD_RANGE, message)
        return data[offset : offset + num_bytes]

    def _bytes_of(self, space: int, index: int) -> bytes:
        if space == Space.INPUT:
            return bytes(self._input(index))
        if space not in (Space.OUTPUT, Space.TENSOR):
            raise AgentError(Status.BAD_REQUEST, f"there is no space {space}")
        if not self._invoked:
            raise AgentError(Status.BAD_STATE, "nothing to read before INVOKE")
        if space == Space.OUTPUT:
            if index >= len(self._outputs):
                message = f"the model has {len(self._outputs)} outputs, no output {index}"
                raise AgentError(Status.BAD_RANGE, message)
            return bytes(self._interpreter.get_tensor(self._outputs[index]["index"]).tobytes())
        if not self._preserves:
            raise AgentError(Status.BAD_STATE, "tensors are kept only with the reference kernels")
        try:
            return bytes(self._interpreter.get_tensor(index).tobytes())
        except ValueError as error:
            raise AgentError(Status.BAD_RANGE, first_line(error), tensor=index) from error

    def _input(self, index: int) -> bytearray:
        if index >= len(self._buffers):
            message = f"the model has {len(self._buffers)} inputs, no input {index}"
            raise AgentError(Status.BAD_RANGE, message)
        return self._buffers[index]


def _num_bytes(details: Dict[str, Any]) -> int:
    import numpy

    dtype = numpy.dtype(details["dtype"])
    if dtype.itemsize == 0 or dtype.kind in "OSU":
        message = "input {} has dtype {}".format(details["name"], dtype)
        raise AgentError(Status.UNSUPPORTED, message, tensor=int(details["index"]))
    return int(numpy.prod(details["shape"], dtype=numpy.int64)) * dtype.itemsize


def _load_failure(error: BaseException, otherwise: Status) -> AgentError:
    """Runtimes tell operators that they lack from broken files only in prose."""
    text = str(error)
    if _EDGETPU_OPERATOR in text:
        message = "the model is compiled for the Edge TPU; run it with --delegate edgetpu"
        return AgentError(Status.UNSUPPORTED, message)
    lacks = "Didn't find op" in text or "unresolved custom op" in text or "Unsupported" in text
    found = re.search(r"Node number (\d+)", text)
    operator: Optional[int] = int(found.group(1)) if found else None
    # The last line names the operator; the first is often only a source file.
    lines = [each.strip() for each in text.splitlines() if each.strip()] or [type(error).__name__]
    line = next((each for each in lines if "op" in each.lower()), lines[0])
    return AgentError(Status.UNSUPPORTED if lacks else otherwise, line, operator)
