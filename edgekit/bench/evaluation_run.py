"""The whole evaluation set through the device, going on where an earlier benchmark was cut off."""

from __future__ import annotations

from edgekit.bench.arrays import Arrays
from edgekit.bench.inference import Inference
from edgekit.bench.partial import PartialOutputs
from edgekit.bench.progress import Advance


def run_evaluation_set(
    inference: Inference, outputs: list[Arrays], partial: PartialOutputs | None, advance: Advance
) -> int:
    """Fills `outputs` and returns how many of them `partial` had; whatever ends it early, `partial` has the rest then.

    Raises:
        DeviceError: the device failed.
        DataError: `partial` cannot be written.
    """
    num_samples = len(inference.evaluation)
    if partial is not None:
        outputs += partial.load(inference.model, num_samples)
    num_resumed = len(outputs)
    advance(num_resumed)
    try:
        for index in range(num_resumed, num_samples):
            outputs.append(inference.run(index))
            advance(1)
            if partial is not None:
                partial.save_now_and_then(outputs)
    finally:
        # Also when it is whole: something after it may fail, and it need not be run again for that.
        if partial is not None and len(outputs) > num_resumed:
            partial.save(outputs)
    return num_resumed
