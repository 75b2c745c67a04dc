"""edgekit inspect: what a model is made of, and whether it fits a board."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgekit.accelerators import AcceleratorReport
    from edgekit.fit import Fit, OperatorFit
    from edgekit.tflite_model import TensorInfo, TfliteModel

HELP = "show a model's operators, and whether it fits a board"
EPILOG = """\
With --accelerator, its compiler or its published rules say which operators it would take; --json says all of it.
With --board, a Cortex-M board's own loader and planner (built for this machine) judge the model.
The exit code is 0 if it fits, and 1 if it does not.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, metavar="MODEL", help="a .tflite file or an artifact folder")
    parser.add_argument("--board", metavar="BOARD", help="a kind of board, see `edgekit boards`")
    parser.add_argument(
        "--accelerator",
        metavar="NAME",
        help="what would it take over: edgetpu, ethos-u55-128, ethos-u85-256 …",
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(args: argparse.Namespace) -> int:
    from edgekit.accelerators import find_accelerator
    from edgekit.artifact import load_artifact
    from edgekit.bench.codec import to_json
    from edgekit.board import load_board
    from edgekit.console import note, print_json
    from edgekit.exporters.dead_channels import find_dead_channels
    from edgekit.exporters.dead_channels_text import dead_channels_as_json, describe_dead_channels
    from edgekit.fit import check_fit, describe_operators

    accelerator = None if args.accelerator is None else find_accelerator(args.accelerator)
    model = load_artifact(args.model).model
    mapped = None if accelerator is None else accelerator.inspect(model, args.accelerator)
    fit = None if args.board is None else check_fit(model, load_board(args.board))
    operators = describe_operators(model) if fit is None else fit.operators
    dead = find_dead_channels(model)
    if args.json:
        content = {**_as_json(model, operators, fit), "dead_channels": dead_channels_as_json(dead)}
        print_json(content if mapped is None else {**content, "accelerator": to_json(mapped)})
    else:
        _print_model(model, operators)
        print(describe_dead_channels(model, dead))
        if dead.num_removable > 0:
            note(f"`edgekit trim {args.model}` writes the model without them; its outputs are the same")
        if fit is not None:
            _print_fit(fit)
        if mapped is not None:
            _print_accelerator(mapped)
    return 0 if fit is None or fit.fits else 1


def _describe(tensor: TensorInfo) -> str:
    shape = "×".join(str(size) for size in tensor.shape) or "scalar"
    if not tensor.scales:
        return f"{tensor.dtype} {shape}"
    return f"{tensor.dtype} {shape}, scale {tensor.scales[0]:.6g}, zero point {(*tensor.zero_points, 0)[0]}"


def _print_model(model: TfliteModel, operators: tuple[OperatorFit, ...]) -> None:
    from edgekit.console import print_table
    from edgekit.units import format_bytes, format_count

    for name, tensors in (("input", model.inputs), ("output", model.outputs)):
        for position, tensor in enumerate(tensors):
            print(f"{name} {position}: {_describe(tensor)}")
    print(f"{format_bytes(len(model.data))}, {format_count(model.macs)} MACs, sha256 {model.sha256}")
    rows = [
        (
            each.operator.index,
            each.operator.name,
            format_count(each.operator.macs) if each.operator.macs else None,
            format_bytes(each.weight_bytes),
            format_bytes(each.activation_bytes),
            each.refusal,
        )
        for each in operators
    ]
    columns = ["#", "operator", "MACs", "weights", "activations"]
    if any(each.refusal is not None for each in operators):
        columns.append("refused because of")
    print_table(None, columns, [row[: len(columns)] for row in rows])


def _print_fit(fit: Fit) -> None:
    from edgekit.console import note
    from edgekit.units import format_bytes

    for need in fit.needs:
        room = "" if need.available_bytes is None else f" of {format_bytes(need.available_bytes)}"
        print(f"{need.what}: {format_bytes(need.needed_bytes)}{room}{'' if need.fits else '  — too large'}")
    for text in fit.notes:
        note(text)
    if fit.refusal is not None:
        print(f"does not run on {fit.board.name}: {fit.refusal}")
    else:
        print(f"{'fits' if fit.fits else 'does not fit'} {fit.board.name} ({fit.board.title})")


def _print_accelerator(report: AcceleratorReport) -> None:
    from edgekit.console import note, print_table
    from edgekit.units import format_quantity

    rows = [
        (each.index, each.name, each.count if each.index is None else None, each.runs_on, each.reason)
        for each in report.operators
    ]
    columns = ["#", "operator", "count", "runs on", "because it"]
    shown = [at for at in range(len(columns)) if any(row[at] is not None for row in rows)]
    # Not as the table's title, which is no wider than the table.
    print(f"{report.accelerator}, {report.evidence} by {report.tool}")
    print_table(None, [columns[at] for at in shown], [[row[at] for at in shown] for row in rows])
    places = dict.fromkeys(each.runs_on for each in report.operators)
    print(", ".join(f"{report.num_on(each)} of the model's operators on the {each}" for each in places))
    for key, value in report.quantities.items():
        name, text = format_quantity(key, value)
        print(f"{name}: {text}{' (estimate)' if report.evidence == 'estimate' else ''}")
    for text in report.notes:
        note(text)


def _as_json(model: TfliteModel, operators: tuple[OperatorFit, ...], fit: Fit | None) -> dict[str, Any]:
    from edgekit.artifact import describe_tensor

    content: dict[str, Any] = {
        "sha256": model.sha256,
        "model_bytes": len(model.data),
        "macs": model.macs,
        "inputs": [describe_tensor(tensor) for tensor in model.inputs],
        "outputs": [describe_tensor(tensor) for tensor in model.outputs],
        "operators": [
            {
                "index": each.operator.index,
                "name": each.operator.name,
                "macs": each.operator.macs,
                "weight_bytes": each.weight_bytes,
                "activation_bytes": each.activation_bytes,
                **({} if each.refusal is None else {"refusal": each.refusal}),
            }
            for each in operators
        ],
    }
    if fit is not None:
        needs = [
            {
                "what": need.what,
                "needed_bytes": need.needed_bytes,
                **({} if need.available_bytes is None else {"available_bytes": need.available_bytes}),
            }
            for need in fit.needs
        ]
        content["fit"] = {"board": fit.board.name, "fits": fit.fits, "needs": needs, "notes": list(fit.notes)}
        if fit.refusal is not None:
            content["fit"]["refusal"] = fit.refusal
    return content
