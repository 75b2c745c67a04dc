"""One self-contained HTML page from any number of results; it opens offline and loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib import resources

from jinja2 import Environment

import edgekit
from edgekit.bench.result import BenchmarkResult
from edgekit.report.charts import draw_charts
from edgekit.report.section import describe
from edgekit.report.tables import ABSENT, format_accuracy, uses_slow_kernels


def render_page(results: Sequence[BenchmarkResult]) -> str:
    """The page, with the results grouped by model; the same results in the same order give the same bytes."""
    ordered = sorted(
        results, key=lambda each: (each.model.name, each.model.sha256, each.emulated, each.device)
    )
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["moment"] = _moment
    template = environment.from_string(
        resources.files("edgekit.report").joinpath("template.html.j2").read_text(encoding="utf-8")
    )
    sections = [describe(number, each) for number, each in enumerate(ordered, start=1)]
    return template.render(
        sections=sections,
        plots=draw_charts(ordered),
        summary=_summary(ordered),
        models=list(dict.fromkeys(each.model.name for each in ordered)),
        devices=list(dict.fromkeys(each.device for each in ordered)),
        has_emulated=any(each.emulated for each in ordered),
        has_real=any(not each.emulated for each in ordered),
        first=min(each.created for each in ordered),
        last=max(each.created for each in ordered),
        version=edgekit.__version__,
        absent=ABSENT,
        uses_slow_kernels=uses_slow_kernels,
        format_accuracy=format_accuracy,
        open_sections=len(ordered) <= 4,
    )


def _summary(results: Sequence[BenchmarkResult]) -> list[tuple[str, str, str]]:
    """Figures for the top of the page: number, what it counts, detail."""
    emulated = {each.device: each.emulated for each in results}
    num_emulated = sum(emulated.values())
    num_models = len({each.model.sha256 for each in results})
    checked = [each.bit_exact.equal for each in results if each.bit_exact is not None]
    num_warnings = sum(len(each.warnings) for each in results)
    num_unstable = sum(each.unstable for each in results)
    return [
        (str(len(results)), _plural("result", len(results)), "each one model on one device"),
        (str(num_models), _plural("model", num_models), "told apart by sha256"),
        (str(len(emulated)), _plural("device", len(emulated)), f"{num_emulated or 'none'} emulated"),
        (
            f"{sum(checked)} of {len(checked)}" if checked else ABSENT,
            "bit-exact",
            "results, on every sample" if checked else "no result was checked",
        ),
        (
            str(num_warnings),
            _plural("warning", num_warnings),
            f"{num_unstable or 'no'} unstable {_plural('result', num_unstable)}",
        ),
    ]


def _plural(word: str, count: int) -> str:
    return word if count == 1 else word + "s"


def _moment(timestamp: str) -> str:
    """ISO 8601 as people write it; anything else as it is."""
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return timestamp
    return f"{moment:%Y-%m-%d %H:%M} {moment:%Z}".rstrip()
