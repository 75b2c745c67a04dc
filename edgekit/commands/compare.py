"""edgekit compare: put results side by side, and fail if one got worse than allowed."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "compare results, and fail when a gate is crossed"
EPILOG = """\
Without --baseline the first RESULT is what the others are compared with.

gates ('+' or '-' makes it a change from the baseline, without it is a bound on the value itself):
  --fail-on 'latency_us.median > +5%'
  --fail-on 'accuracy.value < -0.01'
  --fail-on 'memory.arena_bytes > 65536'
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("results", nargs="+", metavar="RESULT.json", type=Path)
    parser.add_argument(
        "--baseline", type=Path, metavar="RESULT.json", help="what the results are compared with"
    )
    parser.add_argument(
        "--fail-on",
        action="append",
        default=[],
        metavar="GATE",
        help="exit with 4 if this holds; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="print results and verdicts as JSON")


def run(args: argparse.Namespace) -> int:
    from edgekit.bench.compare import apply_gate, parse_gate
    from edgekit.bench.result_file import read_result
    from edgekit.console import print_json, print_table
    from edgekit.report.comparison import comparison_cells, verdict_cells, verdict_json

    gates = [parse_gate(text) for text in args.fail_on]
    results = [read_result(path) for path in args.results]
    if args.baseline is not None:
        baseline, rest = read_result(args.baseline), results
    elif len(results) > 1:
        baseline, rest = results[0], results[1:]
    else:
        baseline, rest = None, results
    verdicts = [(result, apply_gate(gate, result, baseline)) for gate in gates for result in rest]
    failed = any(verdict.failed for _, verdict in verdicts)
    if args.json:
        document = {} if baseline is None else {"baseline": baseline.to_json()}
        print_json(
            {
                **document,
                "results": [each.to_json() for each in rest],
                "gates": [verdict_json(result, verdict) for result, verdict in verdicts],
                "failed": failed,
            }
        )
    else:
        columns, rows = comparison_cells(baseline, rest)
        print_table(None, columns, rows)
        if verdicts:
            columns, rows = verdict_cells(verdicts)
            print_table("gates", columns, rows)
    return 4 if failed else 0
