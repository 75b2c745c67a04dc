"""edgekit trim: a smaller model with the same outputs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgekit.artifact import Artifact
    from edgekit.exporters.dead_channels import DeadChannels
    from edgekit.tflite_model import TfliteModel

HELP = "write a smaller model whose outputs are the same, bit for bit"
EPILOG = """\
Removes the channels of an int8 model that are the same whatever the input, and those that nobody reads. It proves which
these are by following ranges of values through the graph, and compares outputs by the reference kernels, if installed.
Of a .tflite file the result is a .tflite file, of an artifact folder an artifact folder with the same evaluation set.

example:
  edgekit trim model.tflite --out smaller.tflite
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, metavar="MODEL", help="a .tflite file or an artifact folder")
    parser.add_argument(
        "--out", type=Path, metavar="PATH", help="where to write it (default: beside MODEL, as NAME_trimmed)"
    )
    parser.add_argument(
        "--multiple",
        type=_positive,
        default=4,
        metavar="N",
        help="leave channels in multiples of N, which kernels are fast at (default: 4; 1 gives the smallest file)",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    from edgekit.artifact import check_replaceable, load_artifact
    from edgekit.console import print_json
    from edgekit.exporters.dead_channels import find_dead_channels, remove_dead_channels
    from edgekit.exporters.equal_outputs import check_equal_outputs

    artifact = load_artifact(args.model)
    is_folder = args.model.is_dir()
    out = args.out or _beside(args.model.resolve() if is_folder else args.model)
    if is_folder:
        check_replaceable(out)
    found = find_dead_channels(artifact.model, args.multiple)
    smaller = remove_dead_channels(artifact.model, found)
    checked = None if smaller is artifact.model else check_equal_outputs(artifact.model, smaller)
    _write(artifact, smaller, out, is_folder)
    if args.json:
        print_json(_as_json(artifact.model, smaller, found, checked, out))
        return 0
    _print(artifact.model, smaller, found, checked)
    print(f"wrote {out}")
    return 0


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, found {text}")
    return value


def _beside(path: Path) -> Path:
    suffix = path.suffix if path.is_file() else ""
    return path.with_name(f"{path.name.removesuffix(suffix)}_trimmed{suffix}")


def _write(artifact: Artifact, smaller: TfliteModel, out: Path, is_folder: bool) -> None:
    from edgekit.artifact import describe_model, load_evaluation_set, write_artifact
    from edgekit.exporters.tflm import export_tflm
    from edgekit.files import write_atomically

    if not is_folder:
        write_atomically(out, smaller.data)
        return
    evaluation = None
    if artifact.evaluation_path is not None:
        evaluation = load_evaluation_set(artifact.evaluation_path, artifact.model)
    stale = {*describe_model(smaller), "files"}
    info = {key: value for key, value in artifact.info.items() if key not in stale}
    info["trimmed_from"] = artifact.model.sha256
    write_artifact(out, smaller, evaluation, info, export_tflm(smaller, artifact.name))


def _print(model: TfliteModel, smaller: TfliteModel, found: DeadChannels, checked: str | None) -> None:
    from edgekit.console import note
    from edgekit.exporters.dead_channels_text import describe_dead_channels
    from edgekit.units import format_bytes, format_count

    print(describe_dead_channels(model, found))
    if smaller is model:
        print("nothing can be removed; the model is written as it was")
        return
    print(
        f"{format_bytes(len(model.data))} → {format_bytes(len(smaller.data))}, "
        f"{format_count(model.macs)} → {format_count(smaller.macs)} MACs"
    )
    if checked is None:
        note("outputs were not compared: no reference that runs this model is installed; see edgekit[oracle]")
    else:
        print(f"outputs are the same on extreme and random inputs, by {checked}")


def _as_json(
    model: TfliteModel, smaller: TfliteModel, found: DeadChannels, checked: str | None, out: Path
) -> dict[str, Any]:
    from edgekit.exporters.dead_channels_text import dead_channels_as_json

    return {
        "written": str(out),
        "sha256": smaller.sha256,
        "trimmed_from": model.sha256,
        "model_bytes": {"before": len(model.data), "after": len(smaller.data)},
        "macs": {"before": model.macs, "after": smaller.macs},
        "dead_channels": dead_channels_as_json(found),
        **({} if checked is None else {"checked_with": checked}),
    }
