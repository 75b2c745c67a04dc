"""What one inference costs on a device, in one number: for searches, which ask for it again and again.

`python -c 'from edgekit.bench.cost import main; …' DEVICE [MODEL]` is how the training side asks, which never imports
the device side: one JSON object on standard output. Without MODEL it says whether the device is there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from edgekit import farm
from edgekit.bench import latency
from edgekit.bench.inference import Inference
from edgekit.bench.samples import random_evaluation_set
from edgekit.console import fail
from edgekit.deadline import Deadline
from edgekit.deploy import deploy
from edgekit.errors import DeviceError, EdgekitError
from edgekit.farm import Device
from edgekit.session import DeviceSession
from edgekit.signals import signals_unwind
from edgekit.tflite_model import TfliteModel, load_model

_TIMEOUT_S = 600.0
# An emulator counts the same every time; the first run may do what later ones need not.
_EMULATED_WARMUP, _EMULATED_RUNS = 1, 1


@dataclass(frozen=True)
class Cost:
    """`quantity` names the unit: `latency_us`, or on an emulated board `instructions`."""

    device: str
    quantity: str
    value: float


def measure_cost(model: TfliteModel, device: Device, session: DeviceSession, deadline: Deadline) -> Cost:
    """The median over runs on one sample of noise, measured as `edgekit bench` does.

    Raises:
        ModelError: the device cannot run the model.
        DeviceError: the device failed.
    """
    emulated = device.board.emulated
    deploy(session, model, deadline)
    timed = latency.measure_runs(
        Inference(session, model, random_evaluation_set(model, 1), deadline),
        timer_hz=session.hello.timer_hz,
        emulated=emulated,
        runs=_EMULATED_RUNS if emulated else None,
        warmup=_EMULATED_WARMUP if emulated else None,
    )
    if not emulated:
        return Cost(device.name, "latency_us", latency.latency_us(timed, session.hello.timer_hz).median)
    return Cost(
        device.name, "instructions", latency.instructions(timed, _instructions_per_tick(device)).median
    )


def _instructions_per_tick(device: Device) -> int:
    """Raises DeviceError if an emulated device does not count any."""
    emulator = device.board.emulator
    if emulator is None or emulator.instructions_per_tick is None:
        raise DeviceError(
            f"{device.name} is emulated and counts no instructions, so nothing can be measured on it; choose another "
            "device, `edgekit devices` lists them"
        )
    return emulator.instructions_per_tick


def main(arguments: Sequence[str]) -> int:
    try:
        with signals_unwind():
            device = farm.find_device(arguments[0])
            if device.board.emulated:
                _instructions_per_tick(device)
            deadline = Deadline(_TIMEOUT_S)
            model = load_model(Path(arguments[1])) if len(arguments) > 1 else None
            with farm.connect(device, deadline) as session:
                found = None if model is None else measure_cost(model, device, session, deadline)
    except EdgekitError as error:
        fail(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    print(json.dumps({} if found is None else asdict(found)))
    return 0
