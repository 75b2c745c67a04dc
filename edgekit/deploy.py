"""Puts a model on a device, and says in the model's own terms why the device does not take it."""

from __future__ import annotations

from collections.abc import Callable

from edgekit.deadline import Deadline
from edgekit.errors import ModelError, RemoteError, UnsupportedModelError
from edgekit.session import DeviceSession, LoadedModel
from edgekit.tflite_model import TfliteModel
from edgekit.wire.codes import Status

_UNSUPPORTED = (Status.UNSUPPORTED, Status.NO_MEMORY, Status.TOO_LARGE)


def deploy(
    session: DeviceSession,
    model: TfliteModel,
    deadline: Deadline,
    progress: Callable[[int], object] | None = None,
) -> LoadedModel:
    """Sends the model and has the device check it; `progress` is called with the number of bytes just sent.

    Raises:
        UnsupportedModelError: the device cannot run it, or has no room for it; names operator and index.
        ModelError: the device finds the file broken.
        DeviceError: the device or the link failed.
    """
    try:
        return session.load(model.data, deadline, progress)
    except RemoteError as error:
        if error.status in _UNSUPPORTED:
            raise UnsupportedModelError(_explain(error, model)) from error
        if error.status == Status.BAD_MODEL:
            raise ModelError(_explain(error, model)) from error
        raise


def _explain(error: RemoteError, model: TfliteModel) -> str:
    if error.operator is None or error.operator >= len(model.operators):
        return str(error)
    operator = model.operators[error.operator]
    dtypes = [model.tensors[index].dtype for index in operator.inputs if index >= 0]
    return (
        f"{error}: operator {operator.index} is {operator.name} on {', '.join(dtypes) or 'no input'}; "
        "`edgekit inspect MODEL --board BOARD` shows every operator that the board lacks"
    )
