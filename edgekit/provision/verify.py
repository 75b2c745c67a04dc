"""Runs the known model on a board, through the transport that benchmarks use."""

from __future__ import annotations

from edgekit.deadline import Deadline
from edgekit.errors import DeviceError, RemoteError
from edgekit.farm import AGENT_HELLO_TIMEOUT_S, Device
from edgekit.provision.known_model import INPUT, OUTPUT, build_known_model
from edgekit.session import DeviceSession
from edgekit.transports.link import find_transport

_NAMES = {"litert": "ai-edge-litert", "tflite_runtime": "tflite-runtime", "edgekit": "edgekit-runtime"}


def verify(device: Device, runtime: str, deadline: Deadline) -> str:
    """Returns the runtime's own name and version. The caller holds the device's lock.

    Raises:
        DeviceError: it does not start, refuses the model, or gives another answer.
    """
    settings = {**device.settings, "runtime": runtime}
    link = find_transport(device.transport).open_link(device.name, device.board, settings, deadline)
    try:
        hello = Deadline(min(AGENT_HELLO_TIMEOUT_S, deadline.remaining_s()))
        session = DeviceSession.open(link, hello, device.name)
    except BaseException:
        link.close()
        raise
    with session:
        try:
            session.configure({"kernels": "fast"}, deadline)
            session.load(build_known_model(), deadline)
            session.write_input(0, INPUT, deadline)
            session.invoke(deadline)
            output = session.read_output(0, len(OUTPUT), deadline)
        except RemoteError as error:
            raise DeviceError(
                f"{runtime} on {device.name} does not run the model it is tried with: {error}"
            ) from error
        name = session.hello.runtime
    if not name.startswith(_NAMES[runtime]):
        raise DeviceError(
            f"{device.name} runs {name} where {_NAMES[runtime]} was installed; is `python` in farm.toml the one it was "
            "installed for?"
        )
    if output != OUTPUT:
        raise DeviceError(
            f"{runtime} ({name}) on {device.name} computes {output.hex(' ')} where {OUTPUT.hex(' ')} is right; "
            "its processor may lack what the runtime was built for: try another --runtime"
        )
    return name
