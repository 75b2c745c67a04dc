"""`edgekit provision DEVICE`: brings a runtime to a Linux board that needs no internet for it."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "bring a runtime to a Linux board over SSH; the board needs no internet"
EPILOG = (
    "auto takes the first that fits: litert (Python 3.10 or later on 64-bit Arm or x86-64), tflite_runtime (Python "
    "3.7 to 3.11), edgekit (our own program, which needs no Python). Wheels are downloaded on this machine by pip, "
    "with its own settings, and kept. Everything on the board is in ~/.local/share/edgekit; a second run repairs "
    "what is damaged there and uploads nothing else."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("device", metavar="DEVICE", help="a device of farm.toml whose transport is ssh")
    parser.add_argument(
        "--runtime",
        choices=("auto", "litert", "tflite_runtime", "edgekit", "all"),
        default="auto",
        help="which one (default: auto; all: each that fits)",
    )
    parser.add_argument(
        "--wheels", type=Path, metavar="DIR", help="take wheels from this folder, downloaded elsewhere"
    )
    parser.add_argument("--remove", action="store_true", help="remove all of edgekit from the board")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--timeout", type=float, default=1800.0, metavar="S", help="seconds for all of it (1800)"
    )


def run(args: argparse.Namespace) -> int:
    from edgekit.console import note, print_json, print_table, progress
    from edgekit.deadline import Deadline
    from edgekit.errors import UsageError
    from edgekit.farm import find_device
    from edgekit.provision.provision import Options, provision, remove
    from edgekit.units import format_bytes

    device = find_device(args.device)
    if args.remove:
        if args.runtime != "auto" or args.wheels is not None:
            raise UsageError("--remove removes everything; give it without --runtime and --wheels")
        folder = remove(device, Deadline(args.timeout))
        if args.json:
            print_json({"device": device.name, "removed": folder})
        note(f"{device.name}: removed {folder}" if folder else f"{device.name}: nothing to remove")
        return 0
    options = Options(args.runtime, args.wheels)
    results = provision(device, options, Deadline(args.timeout), note, progress)
    if args.json:
        runtimes = [
            {
                "runtime": each.runtime,
                "name": each.name,
                "path": each.path,
                "packages": list(each.packages),
                "bytes_sent": each.bytes_sent,
            }
            for each in results
        ]
        print_json({"device": device.name, "runtimes": runtimes})
        return 0
    rows = [
        [
            each.runtime,
            each.name,
            format_bytes(each.bytes_sent) if each.bytes_sent else "was there",
            each.path,
        ]
        for each in results
    ]
    print_table(f"Runtimes on {device.name}", ["runtime", "version", "uploaded", "where"], rows)
    return 0
