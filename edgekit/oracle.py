"""The host reference that decides what a board should have answered."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from edgekit.errors import DataError, ModelError
from edgekit.known_wrong import TFLITE_MICRO, find_known_wrong
from edgekit.native_output import muted_stderr
from edgekit.tflite_model import TfliteModel, read_model

Array = np.ndarray[Any, Any]
_MAX_ARENA_BYTES = 1 << 30


class Oracle(Protocol):
    """Runs one model on reference kernels. `name` says which, with its version."""

    name: str

    def invoke(self, inputs: Sequence[Array], fresh: bool = True) -> list[Array]:
        """One inference, from fresh state or, unless `fresh`, from where the last one left it.

        Inputs and outputs have the model's shapes and dtypes.
        """

    def tensors(self, inputs: Sequence[Array]) -> dict[int, Array]:
        """All non-constant tensors of the main subgraph by tensor index, after one inference."""


def find_oracle(model: bytes) -> Oracle | None:
    """The best installed reference that can run the model, or None.

    First the tflite-micro wheel, because firmware kernels are defined by it; LiteRT's reference kernels
    differ from it by 1 LSB on some operators.

    Raises:
        ModelError: `model` is not a sound .tflite file.
    """
    checked = read_model(model)
    for make in (MicroOracle, LiteRtOracle):
        try:
            return make(checked)
        except (ImportError, ModelError):
            continue
    return None


class MicroOracle:
    """TensorFlow Lite Micro's reference kernels, from the tflite-micro wheel.

    Raises:
        ImportError: the wheel is not installed.
        ModelError: it cannot run the model.
    """

    def __init__(self, model: TfliteModel) -> None:
        from tflite_micro.python.tflite_micro import runtime

        self.name = f"tflite-micro {importlib.metadata.version('tflite-micro')}"
        # A reference that answers wrongly is worse than none.
        if TFLITE_MICRO in (wrong := find_known_wrong(model)):
            raise ModelError(wrong[TFLITE_MICRO])
        self._model = model
        self._runtime = runtime
        self._arena_bytes = _generous_arena_bytes(model)
        if self._arena_bytes > _MAX_ARENA_BYTES:
            raise ModelError(
                f"{self.name} is for small models; this one needs an arena of {self._arena_bytes:,} bytes"
            )
        self._fast = self._make(runtime.InterpreterConfig.kAllocationRecording)
        self._preserving: Any = None
        self._initializes = any(operator.name == "CALL_ONCE" for operator in model.operators)

    def _make(self, config: Any) -> Any:
        with muted_stderr():
            try:
                return self._runtime.Interpreter.from_bytes(
                    self._model.data, arena_size=self._arena_bytes, intrepreter_config=config
                )
            except RuntimeError as error:
                raise ModelError(f"{self.name} cannot run this model: {error}") from error

    def invoke(self, inputs: Sequence[Array], fresh: bool = True) -> list[Array]:
        if fresh and self._initializes:
            # The wheel's reset() clears variables but does not have CALL_ONCE set them again.
            self._fast = self._make(self._runtime.InterpreterConfig.kAllocationRecording)
        self._run(self._fast, inputs, fresh)
        return [
            np.array(self._fast.get_output(position)).reshape(output.shape)
            for position, output in enumerate(self._model.outputs)
        ]

    def tensors(self, inputs: Sequence[Array]) -> dict[int, Array]:
        if self._preserving is None or self._initializes:
            self._preserving = self._make(self._runtime.InterpreterConfig.kPreserveAllTensors)
        self._run(self._preserving, inputs)
        return _collect(
            self._model, lambda tensor: self._preserving.GetTensor(tensor.index, 0)["tensor_data"]
        )

    def _run(self, interpreter: Any, inputs: Sequence[Array], fresh: bool = True) -> None:
        checked = check_inputs(self._model, inputs)
        try:
            # Variables (LSTM state, streaming buffers) start as on a board that just loaded the model.
            if fresh:
                interpreter.reset()
            for position, array in enumerate(checked):
                interpreter.set_input(array, position)
            interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{self.name} failed while running the model: {error}") from error


class LiteRtOracle:
    """LiteRT's reference kernels (OpResolverType.BUILTIN_REF), from the ai-edge-litert wheel.

    Raises:
        ImportError: the wheel is not installed.
        ModelError: it cannot run the model.
    """

    def __init__(self, model: TfliteModel) -> None:
        from ai_edge_litert import interpreter as litert

        self.name = f"ai-edge-litert {importlib.metadata.version('ai-edge-litert')} BUILTIN_REF"
        self._model = model
        self._litert = litert
        self._fast = self._make(preserve=False)
        self._preserving: Any = None

    def _make(self, preserve: bool) -> Any:
        with muted_stderr():
            try:
                interpreter = self._litert.Interpreter(
                    model_content=self._model.data,
                    experimental_op_resolver_type=self._litert.OpResolverType.BUILTIN_REF,
                    experimental_preserve_all_tensors=preserve,
                )
                interpreter.allocate_tensors()
            except (RuntimeError, ValueError, MemoryError) as error:
                raise ModelError(f"{self.name} cannot run this model: {error}") from error
            return interpreter

    def invoke(self, inputs: Sequence[Array], fresh: bool = True) -> list[Array]:
        self._run(self._fast, inputs, fresh)
        return [np.array(self._fast.get_tensor(output.index)) for output in self._model.outputs]

    def tensors(self, inputs: Sequence[Array]) -> dict[int, Array]:
        if self._preserving is None:
            self._preserving = self._make(preserve=True)
        self._run(self._preserving, inputs)
        return _collect(self._model, lambda tensor: self._preserving.get_tensor(tensor.index))

    def _run(self, interpreter: Any, inputs: Sequence[Array], fresh: bool = True) -> None:
        checked = check_inputs(self._model, inputs)
        try:
            if fresh:
                interpreter.reset_all_variables()
            for tensor, array in zip(self._model.inputs, checked, strict=True):
                interpreter.set_tensor(tensor.index, array)
            interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{self.name} failed while running the model: {error}") from error


def _generous_arena_bytes(model: TfliteModel) -> int:
    # Preserving all tensors needs every one of them at once; kernels' scratch and constants decoded
    # at run time come on top, and are of the size of the tensors they belong to.
    return 4 * sum(tensor.num_bytes for tensor in model.tensors) + len(model.data) + (1 << 20)


def check_inputs(model: TfliteModel, inputs: Sequence[Array]) -> list[Array]:
    """The arrays, contiguous, if they fit the model.

    Raises:
        DataError: they do not.
    """
    if len(inputs) != len(model.inputs):
        raise DataError(f"the model has {len(model.inputs)} inputs, but {len(inputs)} arrays were given")
    checked = []
    for position, (tensor, array) in enumerate(zip(model.inputs, inputs, strict=True)):
        if array.dtype.name != tensor.dtype or array.shape != tensor.shape:
            raise DataError(
                f"input {position} ({tensor.name}) must be {tensor.dtype} of shape {list(tensor.shape)}; "
                f"found {array.dtype.name} of shape {list(array.shape)}"
            )
        checked.append(np.asarray(array, order="C"))  # ascontiguousarray makes a list of a scalar
    return checked


def _collect(model: TfliteModel, get: Callable[[Any], Any]) -> dict[int, Array]:
    found = {}
    used = {index for operator in model.operators for index in (*operator.inputs, *operator.outputs)}
    for tensor in model.tensors:
        if tensor.is_constant or tensor.index not in used:
            continue
        try:
            array = np.array(get(tensor))
        except (RuntimeError, ValueError, KeyError):
            continue  # resources and optional outputs that a runtime does not materialize
        # Shapes fixed only at run time may differ from the file's; the values still count.
        found[tensor.index] = array.reshape(tensor.shape) if array.size == np.prod(tensor.shape) else array
    return found
