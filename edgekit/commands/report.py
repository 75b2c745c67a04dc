"""edgekit report: one HTML page from result files."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "make one self-contained HTML page from results"
EPILOG = """\
example:
  edgekit report results/*.json --out report.html
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "results", nargs="+", metavar="RESULT.json", type=Path, help="written by `edgekit bench`"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("report.html"), metavar="FILE", help="default: report.html"
    )


def run(args: argparse.Namespace) -> int:
    from edgekit.bench.result_file import read_result
    from edgekit.console import note
    from edgekit.files import write_atomically
    from edgekit.report.page import render_page

    results = [read_result(path) for path in dict.fromkeys(args.results)]
    write_atomically(args.out, render_page(results))
    note(f"wrote {args.out.resolve().as_uri()}")
    return 0
