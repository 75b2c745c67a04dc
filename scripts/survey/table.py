"""docs/techniques.md from the results: nothing in it is written by hand but the sentences here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

from survey.rows import ROWS, Row

Figures = Mapping[str, Any]

_HEAD = """\
# Techniques, measured

Written by `python scripts/measure_techniques.py` from docs/results/techniques/*.json; do not edit.

Each row starts from the same trained float network of its seed and is exported, checked in the file and measured:
accuracy on the whole test split, by edgekit's C runtime (bit-equal to the reference kernels; by a Linux runtime
where a file is not for microcontrollers); arena and instructions on the emulated Cortex-M4, which say nothing about
time. *Packed* is the file after deflate, an estimate of what packed weights would take: zeros and repeated weights save
nothing in a plain .tflite. Where several seeds were run, figures are mean ± sample standard deviation over them.

*Narrow* is the baseline to beat: the same network with fewer channels from the start, trained half as long again,
QAT int8, the narrowest that was measured with at least the row's MACs (structural pruning, decomposition) or packed
bytes (the others). Where no narrower network is as large, full width in int8 is the baseline. With one seed,
differences of a point say nothing.

*Half the parameters* of a decomposition are those of the layers that it takes. Tucker-2, CP, tensor train and
tensor ring take spatial convolutions; a DS-CNN has one of these, its other layers are 1×1 and depthwise, so it stays
nearly as large. SVD takes 1×1 layers.
"""


@dataclass(frozen=True)
class Summary:
    """A row over its seeds. Losses are in points, positive where the compressed model is worse."""

    seeds: int
    accuracy: float
    spread: float | None
    loss: float | None
    figures: Figures


def summarize(runs: Mapping[str, Figures]) -> Summary | None:
    """None if no seed gave a model."""
    done = [each for each in runs.values() if "error" not in each]
    if not done:
        return None
    accuracies = [100 * each["accuracy"] for each in done]
    losses = [100 * (each["float_accuracy"] - each["accuracy"]) for each in done if "float_accuracy" in each]
    numbers = ("num_parameters", "macs", "file_bytes", "deflated_bytes", "arena_bytes", "instructions")
    figures: dict[str, Any] = {}
    for name in numbers:
        values = [each[name] for each in done if each.get(name) is not None]
        figures[name] = mean(values) if values else None
    return Summary(
        len(done),
        mean(accuracies),
        stdev(accuracies) if len(accuracies) > 1 else None,
        mean(losses) if losses else None,
        figures,
    )


def choose_rival(row: Row, summary: Summary, narrow: Mapping[float, Summary]) -> tuple[float, Summary] | None:
    """The narrowest dense network that is at least as large as the row; None if all that are narrower are smaller."""
    if row.rival not in ("macs", "deflated"):
        return None
    key = "macs" if row.rival == "macs" else "deflated_bytes"
    wide = [
        (width, each) for width, each in sorted(narrow.items()) if each.figures[key] >= summary.figures[key]
    ]
    return wide[0] if wide else None


def render(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The page, from the content of the results' files by data set."""
    parts = [_HEAD]
    for content in found.values():
        parts += _section(content)
    return "\n".join(parts).rstrip() + "\n"


def _section(content: Mapping[str, Any]) -> list[str]:
    task, rows = content["task"], content["rows"]
    summaries = {name: summarize(runs) for name, runs in rows.items()}
    narrow = {
        float(name.removeprefix("narrow_")): each
        for name, each in summaries.items()
        if name.startswith("narrow_") and each is not None
    }
    lines = [
        f"## {task['dataset']}, {task['architecture']}",
        "",
        f"{task['num_epochs']} epochs of float training, batches of {task['batch_size']}, Adam from "
        f"{task['learning_rate']:g} along a cosine; a technique's own epochs times {task['pace']:g}.",
        "",
        "| technique | seeds | accuracy, % | points lost | parameters | MACs | file | packed | arena "
        "| M4 instructions | narrow, % (width) | better than it | target |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    errors = []
    group = None
    for row in ROWS:
        if row.name not in rows:
            continue
        if row.group != group:
            group = row.group
            lines.append(f"| **{group}** |{' |' * 12}")
        summary = summaries[row.name]
        if summary is None:
            reason = next(iter(rows[row.name].values()))["error"]
            errors.append(f"- {row.says} (`{row.name}`): {reason}")
            lines.append(f"| {row.says} | 0 | refused, see below |{' |' * 10}")
            continue
        lines.append(_line(row, summary, summaries, narrow))
    if narrow:
        lines += ["| **narrow dense networks** |" + " |" * 12]
    lines += [_cells(f"width {width:g}, QAT", each, "", "", "") for width, each in sorted(narrow.items())]
    if errors:
        lines += ["", "What a technique cannot do with this network:", "", *errors]
    missing = [row.name for row in ROWS if row.name not in rows]
    missing += [f"narrow_{width:g}" for width in task["widths"] if f"narrow_{width:g}" not in rows]
    if missing:
        lines += ["", f"Not measured yet: {', '.join(f'`{each}`' for each in missing)}."]
    return [*lines, ""]


def _line(
    row: Row, summary: Summary, summaries: Mapping[str, Summary | None], narrow: Mapping[float, Summary]
) -> str:
    against, gain = "", None
    if row.rival == "student":
        alone = summaries.get("student")
        if alone is not None:
            against, gain = f"{alone.accuracy:.2f} (the student alone)", summary.accuracy - alone.accuracy
    elif (chosen := choose_rival(row, summary, narrow)) is not None:
        against, gain = f"{chosen[1].accuracy:.2f} ({chosen[0]:g})", summary.accuracy - chosen[1].accuracy
    elif row.rival is not None and narrow and (full := summaries.get("qat")) is not None:
        against, gain = f"{full.accuracy:.2f} (1)", summary.accuracy - full.accuracy
    return _cells(
        row.says, summary, against, "" if gain is None else f"{gain:+.2f}", _verdict(row, summary, gain)
    )


def _verdict(row: Row, summary: Summary, gain: float | None) -> str:
    if row.rival == "student":
        return "" if gain is None else ("≥ 0.5 gained: " + ("met" if gain >= 0.5 else "**missed**"))
    if row.target is None or summary.loss is None:
        return ""
    return f"≤ {row.target:g}: " + ("met" if round(summary.loss, 6) <= row.target else "**missed**")


def _cells(says: str, summary: Summary, against: str, gain: str, verdict: str) -> str:
    spread = "" if summary.spread is None else f" ± {summary.spread:.2f}"
    loss = "" if summary.loss is None else f"{summary.loss:+.2f}"
    figures = [
        _number(summary.figures[name])
        for name in ("num_parameters", "macs", "file_bytes", "deflated_bytes", "arena_bytes", "instructions")
    ]
    cells: Sequence[str] = [
        says,
        str(summary.seeds),
        f"{summary.accuracy:.2f}{spread}",
        loss,
        *figures,
        against,
        gain,
        verdict,
    ]
    return f"| {' | '.join(cells)} |"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{round(value):,}"
