"""Scatter plots as SVG that takes its colours from the page; the same results give the same bytes."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

# Stand-ins that matplotlib writes and that become the page's colours, which differ in light, dark and print.
_INK, _GRID, _PAPER = "#010203", "#040506", "#070809"
_PAGE_COLORS = {_INK: "currentColor", _GRID: "var(--line)", _PAPER: "var(--card)"}
# Okabe & Ito's palette without black and yellow: told apart with any colour vision, on light and dark.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
MARKERS = ("o", "s", "^", "D", "v", "P")
_MAX_NAMED_POINTS = 8
_LOGARITHMIC_SPAN = 20.0
_WIDTH_IN, _HEIGHT_IN, _DPI = 5.2, 3.7, 72.0
_FONT_PT = 10.5


@dataclass(frozen=True)
class Point:
    """`accuracy`, `low`, `high` are fractions; `number` is the result's row, `group` its colour."""

    x: float
    accuracy: float
    low: float
    high: float
    name: str
    number: int
    group: int = 0


@dataclass(frozen=True)
class Axis:
    """`divisor` brings x values into `unit`."""

    label: str
    unit: str
    divisor: float


def latency_axis(values_us: Sequence[float]) -> Axis:
    largest = max(values_us)
    unit, divisor = ("s", 1e6) if largest >= 1e6 else ("ms", 1e3) if largest >= 1e3 else ("µs", 1.0)
    return Axis("median latency", unit, divisor)


def instructions_axis(counts: Sequence[float]) -> Axis:
    largest = max(counts)
    unit, divisor = (
        ("billion", 1e9) if largest >= 1e9 else ("million", 1e6) if largest >= 1e6 else ("thousand", 1e3)
    )
    return Axis("instructions on an emulated core", unit, divisor)


def size_axis(num_bytes: Sequence[float]) -> Axis:
    return Axis("model size", *(("MiB", 2.0**20) if max(num_bytes) >= 2**20 else ("KiB", 2.0**10)))


def accuracy_plot(points: Sequence[Point], axis: Axis, name: str, metric: str = "accuracy") -> str:
    """An `<svg>` element with one marker and its confidence interval a point; `name` makes its ids unique."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

    settings = {
        "svg.hashsalt": name,
        "svg.fonttype": "none",
        # A model named a$b$ is not a formula.
        "text.parse_math": False,
        "font.size": _FONT_PT,
        "axes.edgecolor": _INK,
        "axes.labelcolor": _INK,
        "text.color": _INK,
        "xtick.color": _INK,
        "ytick.color": _INK,
    }
    with mpl.rc_context(settings):
        figure = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN), dpi=_DPI)
        FigureCanvasSVG(figure)
        axes = figure.add_axes((0.13, 0.15, 0.85, 0.82))
        xs = [point.x / axis.divisor for point in points]
        logarithmic = min(xs) > 0 and max(xs) / min(xs) > _LOGARITHMIC_SPAN
        if logarithmic:
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlim(*_x_limits(xs, logarithmic))
        axes.set_ylim(*_y_limits(points))
        for x, point in zip(xs, points, strict=True):
            color = PALETTE[point.group % len(PALETTE)]
            value = point.accuracy * 100
            errors = [[value - point.low * 100], [point.high * 100 - value]]
            axes.errorbar(
                x, value, yerr=errors, color=color, elinewidth=1.0, capsize=2.5, alpha=0.55, zorder=2
            )
            axes.plot(
                x, value, MARKERS[point.group % len(MARKERS)], color=color, markersize=7.5,
                markeredgecolor=_PAPER, markeredgewidth=1.0, zorder=3,
            )  # fmt: skip
        _label_points(axes, xs, points)
        axes.set_xlabel(f"{axis.label} ({axis.unit}{', log scale' if logarithmic else ''})")
        axes.set_ylabel(f"{metric} (%)")
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
        axes.grid(True, color=_GRID, linewidth=0.8)
        axes.set_axisbelow(True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        output = io.StringIO()
        with warnings.catch_warnings():
            # The page's reader has the fonts; matplotlib only measures with its own.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure.savefig(output, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _for_page(output.getvalue(), name, f"{metric} against {axis.label}")


def _x_limits(xs: Sequence[float], logarithmic: bool) -> tuple[float, float]:
    low, high = min(xs), max(xs)
    if logarithmic:
        return low / 1.6, high * 2.2
    # Room on the right for names; a single point stands in the middle.
    if high == low:
        return 0.5 * low, 1.5 * low if low else 1.0
    return max(0.0, low - 0.15 * (high - low)), high + 0.35 * (high - low)


def _y_limits(points: Sequence[Point]) -> tuple[float, float]:
    low = min(point.low for point in points) * 100
    high = max(point.high for point in points) * 100
    margin = max(0.5, 0.08 * (high - low))
    return max(-1.0, low - margin), min(101.0, high + margin)


def _label_points(axes: object, xs: Sequence[float], points: Sequence[Point]) -> None:
    """Puts each name where it meets neither a marker nor another name; many points get their row numbers."""
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)  # noqa: S101  narrows the type for the checker
    named = len({(point.name, point.x) for point in points}) <= _MAX_NAMED_POINTS
    pixels = [
        axes.transData.transform((x, point.accuracy * 100)) for x, point in zip(xs, points, strict=True)
    ]
    right_edge = axes.bbox.x1
    boxes = [(px - 5.0, py - 5.0, px + 5.0, py + 5.0) for px, py in pixels]
    labelled: set[tuple[str, float, float]] = set()
    for (px, py), x, point in zip(pixels, xs, points, strict=True):
        text = _shorten(point.name) if named else f"#{point.number}"
        if (text, x, point.accuracy) in labelled:
            continue
        labelled.add((text, x, point.accuracy))
        width, height = 0.62 * _FONT_PT * len(text), 1.2 * _FONT_PT
        places = [(8.0, 0.0, "left"), (-8.0, 0.0, "right"), (0.0, 12.0, "center"), (0.0, -12.0, "center")]
        places += [(8.0, 12.0, "left"), (8.0, -12.0, "left"), (-8.0, 12.0, "right"), (-8.0, -12.0, "right")]
        for dx, dy, align in places:
            start = px + dx - {"left": 0.0, "right": width, "center": width / 2}[align]
            box = (start, py + dy - height / 2, start + width, py + dy + height / 2)
            inside = box[2] <= right_edge and box[0] >= axes.bbox.x0
            if inside and not any(_overlap(box, other) for other in boxes):
                boxes.append(box)
                axes.annotate(
                    text,
                    (x, point.accuracy * 100),
                    xytext=(dx, dy),
                    textcoords="offset pixels",
                    ha=align,
                    va="center",
                )
                break


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _shorten(name: str, limit: int = 26) -> str:
    return name if len(name) <= limit else name[: limit - 1] + "…"


def _for_page(svg: str, name: str, title: str) -> str:
    """Only the element, scaled by its viewBox, in the page's colours and with the page's font."""
    svg = svg[svg.index("<svg") :].rstrip()
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(
        r'<svg [^>]*?viewBox="([^"]+)"[^>]*>',
        rf'<svg viewBox="\1" role="img" aria-label="{title}">',
        svg,
        count=1,
    )
    # Within a page `xlink:href` needs no namespace; plain `href` is what browsers read.
    svg = svg.replace("xlink:href", "href")
    # matplotlib numbers its ids from 1 in every file, and the page has several.
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'\bhref="#|url\(#', lambda match: f"{match[0]}{name}-", svg)
    svg = re.sub(r"font: ([\d.]+)px [^;\"]+", r"font-size: \1px", svg)
    for stand_in, color in _PAGE_COLORS.items():
        svg = svg.replace(stand_in, color)
    return svg
