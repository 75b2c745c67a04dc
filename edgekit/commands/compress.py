"""edgekit compress: run a recipe, get an artifact."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.errors import UsageError

if TYPE_CHECKING:
    from edgekit.board import Board
    from edgekit.tflite_model import TfliteModel

HELP = "train, compress and export a model as a recipe says"
EPILOG = """\
RECIPE is a file that defines RECIPE, or the bare name of a shipped recipe, for instance digits_int8.
The artifact folder holds model.tflite, artifact.json, eval.npz, and model_data.h/.c for TFLM.

techniques for --model, applied in the order given; start with int8, take the next when it falls short:
  int8               weights and activations of 8 bits: a quarter of the bytes, what boards are fast at
  qat                the same, trained with the rounding in; keeps zeros and clusters from before it
  channels:0.5       removes channels: half of the MACs gone on every runtime (channels:0.5:fpgm:bytes,
                     channels:0.5:latency@DEVICE for half of what the device measures)
  layers:0.25        removes whole layers
  distill:T.keras    trains towards a larger model's outputs (hints:T.keras, mutual:T.keras, selfdistill)
  prune:0.75         three of four weights zero (prune:0.75:global, prune:2x4, prune_iterative:0.9:global,
                     prune_lottery:0.8:global); no byte smaller until weights are packed
  cluster:16         16 different weights a layer; the same holds. codebook:16 ends in int8 by itself
  svd:0.5            layers of few weights between two (tucker, cp, tt, ring); for large layers
  int16x8, int4, mixed, pow2, float16, dynamic
                     other widths of numbers; `edgekit inspect` says which runtime takes them
  binarize:bnn       weights and activations of 1 bit, for Larq Compute Engine

examples:
  edgekit compress digits_int8
  edgekit compress --model my.keras --techniques prune:0.75,qat --data my.npz --board qemu_mps2_an386
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "recipe", metavar="RECIPE", nargs="?", help="a recipe file, or the name of a shipped recipe"
    )
    parser.add_argument(
        "--model", metavar="MODEL", type=Path, help="instead of a recipe: a trained .keras, .h5 or SavedModel"
    )
    parser.add_argument(
        "--techniques", metavar="LIST", help="for --model: what to apply, in order, such as 'prune:0.75,qat'"
    )
    parser.add_argument(
        "--data", metavar="NPZ", type=Path, help="for --model: x_train, y_train, x_test and y_test"
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="artifact folder (default: artifacts/<recipe or model>)"
    )
    parser.add_argument("--dataset", metavar="NAME", help="train on another data set than the recipe's")
    parser.add_argument(
        "--board", metavar="BOARD", help="say whether the result fits this board; 1 if it does not"
    )
    parser.add_argument("--smoke", action="store_true", help="run on a slice of the data, in seconds")
    parser.add_argument("--seed", metavar="N", type=int, help="seed of all random generators")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    from edgekit.artifact import load_artifact
    from edgekit.board import load_board
    from edgekit.console import note, print_json, print_table
    from edgekit.recipe import run_recipe
    from edgekit.units import format_bytes, format_count, format_ratio

    board = None if args.board is None else load_board(args.board)
    recipe, dataset = _choose(args)
    folder = args.out if args.out is not None else Path("artifacts") / recipe.name
    runtime = None if board is None else runtime_of(board)
    result = run_recipe(recipe, folder, args.smoke, args.seed, dataset, runtime)
    if args.json:
        content = load_artifact(folder).info
        print_json({**content, "folder": str(folder), "seconds": result.seconds})
        return 0
    accuracy = result.info["accuracy"]
    rows = [["float", format_ratio(accuracy["float"]["value"], 2), "", accuracy["float"]["measured_with"]]]
    rows += [
        [
            each["technique"],
            format_ratio(each["after"], 2),
            format_ratio(each["agreement_with_float"], 2),
            each["measured_with"],
        ]
        for each in accuracy["techniques"]
    ]
    title = f"{recipe.name}: {format_bytes(len(result.model.data))}, {format_count(result.model.macs)} MACs"
    print_table(title, ["after", "accuracy", "agrees with float", "measured with"], rows)
    if args.smoke:
        note("smoke run: trained on a slice, so these accuracies say nothing about the recipe")
    print(f"artifact: {folder}")
    return 0 if board is None else _check_board(result.model, board)


def runtime_of(board: Board) -> str:
    """What runs models on such a board; 32-bit Arm Linux has no newer runtime."""
    from edgekit.known_wrong import EDGEKIT, LITERT, TFLITE_RUNTIME

    if board.kind == "cortex_m":
        return EDGEKIT
    return TFLITE_RUNTIME if board.architecture.startswith("armv7") else LITERT


def _check_board(model: TfliteModel, board: Board) -> int:
    """Says on one line whether the model fits; 1 if not."""
    from edgekit.fit import check_fit
    from edgekit.units import format_bytes

    fit = check_fit(model, board)
    needs = ", ".join(
        f"{each.what} {format_bytes(each.needed_bytes)}"
        + ("" if each.available_bytes is None else f" of {format_bytes(each.available_bytes)}")
        for each in fit.needs
    )
    refusals = [fit.refusal] if fit.refusal else [each.refusal for each in fit.operators if each.refusal]
    verdict = "fits" if fit.fits else "does not fit"
    print(f"{verdict} {board.name}: {refusals[0] if refusals else needs}")
    return 0 if fit.fits else 1


def _choose(args: argparse.Namespace) -> tuple[Any, Any]:
    """The recipe, and the data set to use instead of its own, if one was named."""
    if args.model is None:
        if args.techniques is not None or args.data is not None:
            raise UsageError("--techniques and --data go with --model; a recipe names its own")
        if args.recipe is None:
            raise UsageError("nothing to compress; give a RECIPE, or --model, --techniques and --data")
        from edgekit.recipe_file import load_recipe

        return load_recipe(args.recipe), args.dataset
    if args.recipe is not None or args.dataset is not None:
        raise UsageError("--model takes the place of a RECIPE and its --dataset; give one or the other")
    if args.techniques is None or args.data is None:
        raise UsageError("--model needs --techniques, such as 'prune:0.75,qat', and --data, an .npz file")
    from edgekit.model_recipe import make_model_recipe

    return make_model_recipe(args.model, args.techniques, args.data)
