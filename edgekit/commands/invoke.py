"""`edgekit invoke MODEL --on DEVICE`: one inference, raw tensors in and out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.runtime_options import add_runtime_arguments

if TYPE_CHECKING:
    import numpy as np

    from edgekit.tflite_model import TfliteModel

HELP = "run one inference on a device: arrays in, arrays out"
EPILOG = (
    "IN.npz holds one array per model input, named arr_0, arr_1 … or in the order of the inputs, with the dtype "
    "of the model. OUT.npz gets arr_0, arr_1 … in the order of the model's outputs."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", type=Path, help="a .tflite file or an artifact folder")
    parser.add_argument("--on", dest="device", metavar="DEVICE", required=True, help="see `edgekit devices`")
    parser.add_argument("--input", type=Path, metavar="IN.npz", required=True, help="the model's inputs")
    parser.add_argument("--output", type=Path, metavar="OUT.npz", required=True, help="where the outputs go")
    parser.add_argument(
        "--timeout", type=float, default=600.0, metavar="S", help="seconds for all of it (600)"
    )
    add_runtime_arguments(parser, kernels="reference")


def run(args: argparse.Namespace) -> int:
    from edgekit.artifact import load_artifact
    from edgekit.console import note, progress
    from edgekit.deadline import Deadline
    from edgekit.deploy import deploy
    from edgekit.farm import connect, find_device
    from edgekit.runtime_options import in_force, read_runtime_arguments
    from edgekit.units import format_bytes

    options = read_runtime_arguments(args)
    model = load_artifact(args.model).model
    _check_dtypes(model, args.model)
    inputs = read_inputs(args.input, model)
    device = find_device(args.device)
    options.check(device.board)
    deadline = Deadline(args.timeout)
    with connect(device, deadline, options) as session:
        runtime = in_force(session.configure({}, deadline)).get("name", session.hello.runtime)
        note(f"{device.name}: {session.hello.board}, {runtime}")
        with progress("sending the model", len(model.data)) as advance:
            deploy(session, model, deadline, advance)
        for index, array in enumerate(inputs):
            session.write_input(index, array.tobytes(), deadline)
        session.invoke(deadline)
        outputs = [
            session.read_output(index, info.num_bytes, deadline) for index, info in enumerate(model.outputs)
        ]
    write_outputs(args.output, model, outputs)
    note(f"{args.output}: {len(outputs)} output(s), {format_bytes(sum(map(len, outputs)))}")
    return 0


def _check_dtypes(model: TfliteModel, path: Path) -> None:
    import numpy as np

    from edgekit.errors import UnsupportedModelError

    for info in (*model.inputs, *model.outputs):
        try:
            np.dtype(info.dtype)
        except TypeError as error:
            raise UnsupportedModelError(
                f"{info.name!r} in {path} is {info.dtype}, which an .npz file cannot hold"
            ) from error


def read_inputs(path: Path, model: TfliteModel) -> list[np.ndarray[Any, Any]]:
    """One array per model input, in its order, C-contiguous and little-endian.

    Raises:
        DataError: no .npz, or arrays whose number, shape or dtype is not the model's.
    """
    import zipfile

    import numpy as np

    from edgekit.errors import DataError

    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise DataError(f"{path} is a single array; expected an .npz file, made with numpy.savez")
            numbered = [f"arr_{index}" for index in range(len(archive.files))]
            names = numbered if set(numbered) == set(archive.files) else list(archive.files)
            arrays = [archive[name] for name in names]
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, EOFError, zipfile.BadZipFile, KeyError) as error:
        raise DataError(f"{path} is not an .npz file of plain arrays; make it with numpy.savez") from error
    if len(arrays) != len(model.inputs):
        raise DataError(f"{path} has {len(arrays)} arrays, the model has {len(model.inputs)} inputs")
    for name, array, info in zip(names, arrays, model.inputs, strict=True):
        if array.shape != info.shape or array.dtype != np.dtype(info.dtype):
            raise DataError(
                f"{name} in {path} is {array.dtype}{list(array.shape)}, "
                f"input {info.name!r} of the model is {info.dtype}{list(info.shape)}"
            )
    return [np.ascontiguousarray(each, each.dtype.newbyteorder("<")) for each in arrays]


def write_outputs(path: Path, model: TfliteModel, outputs: list[bytes]) -> None:
    """Raises DataError if the file cannot be written; then the old one stays."""
    import io

    import numpy as np

    from edgekit.files import write_atomically

    arrays = [
        np.frombuffer(data, np.dtype(info.dtype)).reshape(info.shape)
        for data, info in zip(outputs, model.outputs, strict=True)
    ]
    buffer = io.BytesIO()
    np.savez(buffer, *arrays)
    write_atomically(path, buffer.getvalue())
