"""Runs every technique on real data and writes docs/results/techniques/*.json and docs/techniques.md.

    EDGEKIT_DATA_DIR=… python scripts/measure_techniques.py [--dataset NAME] [--rows NAME,…] [--seeds 1,2,3]

Rows that have a result are not run again (`--again` does); an interrupted run goes on where it stopped. Trained
models stay under build/survey. Hours on two cores; `--table` only writes the page from the results at hand.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from edgekit.console import note
from edgekit.datasets import load_dataset
from edgekit.errors import EdgekitError, UsageError
from edgekit.files import write_atomically

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from survey.results import Results  # noqa: E402
from survey.rows import ROWS  # noqa: E402
from survey.table import render  # noqa: E402
from survey.tasks import TASKS, Task  # noqa: E402

RESULTS, PAGE = ROOT / "docs" / "results" / "techniques", ROOT / "docs" / "techniques.md"


def run_task(task: Task, names: set[str] | None, seeds: list[int], again: bool) -> None:
    """All rows and narrow networks of a data set, seed by seed, each written when it is done."""
    from survey.runs import Workshop

    workshop = Workshop(task, load_dataset(task.dataset), ROOT / "build" / "survey" / task.dataset)
    results = Results(RESULTS / f"{task.dataset}.json", task)
    for seed in seeds:
        work: list[tuple[str, Any]] = [
            (row.name, lambda row=row: workshop.run(row, seed)) for row in ROWS if seed <= row.seeds
        ]
        work += [
            (f"narrow_{width:g}", lambda width=width: workshop.run_narrow(width, seed))
            for width in task.widths
        ]
        for name, run in work:
            if (names is not None and name not in names) or (not again and results.has(name, seed)):
                continue
            note(f"{task.dataset} {name}, seed {seed}")
            try:
                figures = run()
            except EdgekitError as error:
                # What a technique cannot do with this network is a result, too.
                figures = {"error": str(error)}
                note(f"{name}: {error}")
            results.add(name, seed, figures)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--dataset", choices=sorted(TASKS), help="only this one")
    parser.add_argument("--rows", help="only these, separated by commas")
    parser.add_argument("--seeds", default="1,2,3", help="separated by commas")
    parser.add_argument("--again", action="store_true", help="also what has a result")
    parser.add_argument("--table", action="store_true", help="only write the page")
    args = parser.parse_args()
    if not args.table:
        names = None if args.rows is None else set(args.rows.split(","))
        known = {row.name for row in ROWS} | {f"narrow_{w:g}" for task in TASKS.values() for w in task.widths}
        if names is not None and names - known:
            raise UsageError(
                f"no such row: {', '.join(sorted(names - known))}; expected {', '.join(sorted(known))}"
            )
        for task in [TASKS[args.dataset]] if args.dataset else TASKS.values():
            run_task(task, names, [int(each) for each in args.seeds.split(",")], args.again)
    found = {
        name: json.loads((RESULTS / f"{name}.json").read_text())
        for name in TASKS
        if (RESULTS / f"{name}.json").exists()
    }
    write_atomically(PAGE, render(found))
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except EdgekitError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
