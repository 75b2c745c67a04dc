"""One loaded model on one device: samples in, output arrays out, and how long to wait for each."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from edgekit.artifact import EvaluationSet
from edgekit.bench.arrays import Array, Arrays
from edgekit.deadline import Deadline
from edgekit.errors import LinkError
from edgekit.session import DeviceSession
from edgekit.tflite_model import TensorInfo, TfliteModel

# A slow serial line moves the largest input of a microcontroller in seconds; longer silence is a dead device.
_TALK_TIMEOUT_S = 120.0
_FIRST_INVOKE_TIMEOUT_S = 600.0
# An emulator on a busy host may take many times as long as it took before.
_SLOWEST_FACTOR = 50.0
_SHORTEST_INVOKE_TIMEOUT_S = 60.0


class Inference:
    """Runs samples of `evaluation` on the device; every wait ends with `deadline` or earlier, never later."""

    def __init__(
        self, session: DeviceSession, model: TfliteModel, evaluation: EvaluationSet, deadline: Deadline
    ) -> None:
        self.session = session
        self.model = model
        self.evaluation = evaluation
        self.deadline = deadline
        self.max_runs = max(1, session.hello.max_body // 8)
        self._one_inference_s: float | None = None

    def sample(self, index: int) -> Arrays:
        """One array per model input, in the shape of that input."""
        return [
            np.ascontiguousarray(values[index]).reshape(info.shape)
            for values, info in zip(self.evaluation.inputs, self.model.inputs, strict=True)
        ]

    def write(self, inputs: Sequence[Array]) -> None:
        """Hands over the inputs of an inference that starts from fresh state, as the oracle's do."""
        if self.model.has_state:
            self.session.reset_state(self.talk_deadline())
        for index, values in enumerate(inputs):
            self.session.write_input(index, little_endian(values), self.talk_deadline())

    def invoke(
        self, *, first_operator: int = 0, num_operators: int = 0xFFFF, warmup: int = 0, runs: int = 1
    ) -> list[int]:
        """Ticks of each timed run.

        Raises:
            LinkError: the device answered with another number of runs than was asked for.
        """
        started_s = time.monotonic()
        ticks = self.session.invoke(
            self._invoke_deadline(warmup + runs), first_operator, num_operators, warmup, runs
        )
        if len(ticks) != runs:
            raise LinkError(
                f"the device reported {len(ticks)} runs where {runs} were asked for; reset the device"
            )
        if num_operators == 0xFFFF:
            self._one_inference_s = (time.monotonic() - started_s) / (warmup + runs)
        return ticks

    def read_outputs(self) -> Arrays:
        return [
            decode(self.session.read_output(index, info.num_bytes, self.talk_deadline()), info)
            for index, info in enumerate(self.model.outputs)
        ]

    def read_tensor(self, index: int) -> Array:
        info = self.model.tensors[index]
        return decode(self.session.read_tensor(index, info.num_bytes, self.talk_deadline()), info)

    def run(self, index: int) -> Arrays:
        """The device's outputs for one sample."""
        self.write(self.sample(index))
        self.invoke()
        return self.read_outputs()

    def talk_deadline(self) -> Deadline:
        return self._at_most(_TALK_TIMEOUT_S)

    def _invoke_deadline(self, num_inferences: int) -> Deadline:
        if self._one_inference_s is None:
            return self._at_most(_FIRST_INVOKE_TIMEOUT_S * num_inferences)
        expected_s = self._one_inference_s * num_inferences
        return self._at_most(max(_SHORTEST_INVOKE_TIMEOUT_S, _SLOWEST_FACTOR * expected_s))

    def _at_most(self, timeout_s: float) -> Deadline:
        # When the whole time is up, that is what the message should name, not the seconds left for this step.
        remaining_s = self.deadline.remaining_s()
        return self.deadline if remaining_s <= timeout_s else Deadline(timeout_s)


def little_endian(values: Array) -> bytes:
    return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()


def decode(data: bytes, info: TensorInfo) -> Array:
    """Raises LinkError if `data` is not as long as the tensor."""
    if len(data) != info.num_bytes:
        raise LinkError(
            f"the device sent {len(data)} bytes of tensor {info.index} {info.name!r}, "
            f"which has {info.num_bytes}; "
            "reset the device and try again"
        )
    return np.frombuffer(data, dtype=np.dtype(info.dtype).newbyteorder("<")).reshape(info.shape)
