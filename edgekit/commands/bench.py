"""edgekit bench: measure models on devices, one result file for each pair."""

from __future__ import annotations

import argparse
from pathlib import Path

from edgekit.runtime_options import add_runtime_arguments

HELP = "measure models on devices and write one result for each pair"
EPILOG = """\
MODEL is an artifact folder or a .tflite file. Without --data an artifact's own evaluation set is used.
EVAL.npz holds inputs and, for an accuracy, labels; for the AUC of a model that finds anomalies also task, the text
"anomaly", labels of 0 and 1, and groups, the number of each sample's recording.
The same command again into the same folder measures only what is missing.

example:
  edgekit bench artifacts/digits_int8 --on local qemu_mps2_an386 --out results
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "models", nargs="+", metavar="MODEL", type=Path, help="artifact folder or .tflite file"
    )
    parser.add_argument("--on", nargs="+", required=True, metavar="DEVICE", help="see `edgekit devices`")
    parser.add_argument("--data", type=Path, metavar="EVAL.npz", help="evaluation set: inputs, labels")
    parser.add_argument(
        "--runs",
        type=int,
        metavar="N",
        help="timed runs (default: on Linux boards windows, else a few seconds)",
    )
    parser.add_argument(
        "--windows", type=int, metavar="N", default=5,
        help="on Linux boards without --runs: stretches of timed runs (default: 5)",
    )  # fmt: skip
    parser.add_argument(
        "--window-s", type=float, metavar="S", default=10.0,
        help="how long each of them is at least, in seconds (default: 10)",
    )  # fmt: skip
    parser.add_argument(
        "--quick", action="store_true", help="two windows of half a second: a first look, no evidence"
    )
    parser.add_argument(
        "--set-governor", metavar="NAME",
        help="on Linux boards: set this frequency governor while measuring, and put the old one back",
    )  # fmt: skip
    parser.add_argument(
        "--warmup", type=int, metavar="N", help="runs before them (default: until times settle)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("results"), metavar="DIR", help="where results go (default: results)"
    )
    parser.add_argument(
        "--timeout", type=float, default=3600.0, metavar="S", help="seconds for each model on each device"
    )
    parser.add_argument(
        "--beside", choices=("tensorrt",),
        help="on a Jetson also what TensorRT's own trtexec says, in a file of its own beside the results",
    )  # fmt: skip
    parser.add_argument("--strict", action="store_true", help="exit with 4 if a result is unstable")
    parser.add_argument("--json", action="store_true", help="print the results as one JSON list")
    add_runtime_arguments(parser, kernels="fast")


def run(args: argparse.Namespace) -> int:
    from edgekit import farm
    from edgekit.artifact import load_artifact
    from edgekit.bench.batch import run_batch
    from edgekit.bench.request import BenchmarkOptions
    from edgekit.bench.store import ResultFolder
    from edgekit.console import fail, note, print_json, print_table, progress, warn
    from edgekit.errors import DataError, EdgekitError, UsageError
    from edgekit.report.tables import table_cells
    from edgekit.runtime_options import read_runtime_arguments

    # Whatever is wrong with the command is said before the first device is touched.
    windows, window_s = (2, 0.5) if args.quick else (args.windows, args.window_s)
    options = BenchmarkOptions(
        args.runs,
        args.warmup,
        args.timeout,
        read_runtime_arguments(args),
        windows=windows,
        window_s=window_s,
        governor=args.set_governor,
    )
    artifacts = [load_artifact(path) for path in dict.fromkeys(args.models)]
    devices = [farm.find_device(name) for name in dict.fromkeys(args.on)]
    for device in devices:
        options.runtime.check(device.board)
    if args.beside is not None and any(each.transport != "ssh" for each in devices):
        raise UsageError(
            "--beside tensorrt asks trtexec over SSH; leave out the devices that are not reached by it"
        )
    if args.out.exists() and not args.out.is_dir():
        raise DataError(f"{args.out} is a file; --out takes a folder for the results")
    outcome = run_batch(
        artifacts,
        devices,
        options,
        args.data,
        ResultFolder(args.out),
        note=note,
        warn=warn,
        fail=fail,
        progress=progress,
    )
    if args.beside is not None:
        from edgekit.bench.beside import save_tensorrt

        for artifact in artifacts:
            for device in devices:
                try:
                    note(save_tensorrt(artifact, device, args.timeout, args.out))
                except EdgekitError as error:
                    warn(f"TensorRT with {artifact.name} on {device.name}: {error}")
    if args.json:
        print_json([result.to_json() for result in outcome.results])
    elif outcome.results:
        columns, rows = table_cells(outcome.results)
        print_table(None, columns, rows)
    if outcome.exit_code:
        return outcome.exit_code
    unstable = [each for each in outcome.results if each.unstable]
    if args.strict and unstable:
        warn(f"--strict: {len(unstable)} of {len(outcome.results)} results are unstable")
        return 4
    return 0
