"""edgekit compress: run a recipe, get an artifact."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "train, compress and export a model as a recipe says"
EPILOG = """\
RECIPE is a file that defines RECIPE, or the bare name of a shipped recipe, for instance digits_int8.
The artifact folder holds model.tflite, artifact.json, eval.npz, and model_data.h/.c for TFLM.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", metavar="RECIPE", help="a recipe file, or the name of a shipped recipe")
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="artifact folder (default: artifacts/<recipe>)"
    )
    parser.add_argument("--smoke", action="store_true", help="run on a slice of the data, in seconds")
    parser.add_argument("--seed", metavar="N", type=int, help="seed of all random generators")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    from edgekit.artifact import load_artifact
    from edgekit.console import note, print_json, print_table
    from edgekit.recipe import run_recipe
    from edgekit.recipe_file import load_recipe
    from edgekit.units import format_bytes, format_count, format_ratio

    recipe = load_recipe(args.recipe)
    folder = args.out if args.out is not None else Path("artifacts") / recipe.name
    result = run_recipe(recipe, folder, smoke=args.smoke, seed=args.seed)
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
    return 0
