"""One result in words and bars, for its section of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.bench.result import BenchmarkResult, Delegate, Distribution, OperatorCost, Profile
from edgekit.report.conditions import ConditionsView, view_conditions
from edgekit.report.energy import energy_pairs, why_unavailable
from edgekit.report.tables import ABSENT, Row, bytes_cell, result_row
from edgekit.runtime_options import NO_DELEGATE, format_cores
from edgekit.units import format_bytes, format_clock_hz, format_count, format_latency_us, format_ratio

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Bar:
    """One line of a profile; `share` is a fraction of the total."""

    index: str
    name: str
    macs: str
    cost: str
    share: float
    cycles: str = ""

    @property
    def percent(self) -> str:
        return f"{self.share * 100:.1f}"


@dataclass(frozen=True)
class WindowLine:
    """One window of the timed runs; `change` is its median's from that of all runs."""

    index: str
    runs: str
    median: str
    change: str
    duration: str


@dataclass(frozen=True)
class Section:
    """All that the page says about one result."""

    number: int
    result: BenchmarkResult
    row: Row
    timing: Pairs
    memory: Pairs
    by_type: list[Bar]
    by_operator: list[Bar]
    exactness: list[str]
    conditions: ConditionsView | None
    windows: list[WindowLine]
    energy: Pairs
    no_energy: str
    runtime: Pairs
    provenance: Pairs


def describe(number: int, result: BenchmarkResult) -> Section:
    return Section(
        number=number,
        result=result,
        row=result_row(result),
        timing=_timing(result),
        memory=_memory(result),
        by_type=_bars_by_type(result.profile) if result.profile else [],
        by_operator=_bars_by_operator(result.profile) if result.profile else [],
        exactness=_exactness(result),
        conditions=view_conditions(result),
        windows=_windows(result.latency_us),
        energy=energy_pairs(result),
        no_energy=why_unavailable(result),
        runtime=_runtime(result),
        provenance=_provenance(result),
    )


def _timing(result: BenchmarkResult) -> Pairs:
    if result.instructions is not None:
        counted = result.instructions
        return [
            ("instructions (emulated)", f"{counted.median:,.0f}"),
            ("runs", f"{counted.n}, after {counted.warmup} warm-up"),
            ("resolution", f"{counted.resolution:,.0f} instructions, one timer tick"),
            ("range", _range(counted)),
            *_setup(result),
            *_per_mac(result, counted),
            *_modelled(result),
        ]
    if result.latency_us is None:
        return _setup(result)
    latency = result.latency_us
    spread = [] if latency.stdev is None else [("standard deviation", format_latency_us(latency.stdev))]
    return [
        ("median", format_latency_us(latency.median)),
        *_interval(latency),
        ("mean", format_latency_us(latency.mean)),
        *spread,
        ("range", f"{format_latency_us(latency.min)} to {format_latency_us(latency.max)}"),
        ("p90", format_latency_us(latency.p90)),
        ("p99", format_latency_us(latency.p99)),
        ("runs", f"{latency.n:,}, after {latency.warmup} warm-up"),
        *_first(result),
        *_setup(result),
        *_harness(result, latency),
    ]


def _range(counted: Distribution) -> str:
    difference = counted.max - counted.min
    return "identical in every run" if not difference else f"{difference:,.0f} between lowest and highest"


def _setup(result: BenchmarkResult) -> Pairs:
    if result.setup_instructions is not None:
        return [("set-up after loading", f"{result.setup_instructions:,} instructions (emulated)")]
    return [] if result.setup_us is None else [("set-up after loading", format_latency_us(result.setup_us))]


def _first(result: BenchmarkResult) -> Pairs:
    return [] if result.first_us is None else [("first inference", format_latency_us(result.first_us))]


def _interval(latency: Distribution) -> Pairs:
    interval = latency.median_interval
    if interval is None or not latency.median:
        return []
    low, high = (_change(each, latency.median) for each in (interval.low, interval.high))
    return [("its 95 % interval", f"{low} to {high}")]


def _harness(result: BenchmarkResult, latency: Distribution) -> Pairs:
    if result.harness_us is None:
        return []
    share = f", {format_ratio(result.harness_us / latency.median, 2)} of the median" if latency.median else ""
    return [("harness, in every run", format_latency_us(result.harness_us) + share)]


def _change(value: float, median: float) -> str:
    percent = round((value / median - 1) * 100, 2)
    return f"{percent:+.2f} %" if percent else "0.00 %"


def _windows(latency: Distribution | None) -> list[WindowLine]:
    if latency is None:
        return []
    return [
        WindowLine(
            str(index),
            f"{each.n:,}",
            format_latency_us(each.median),
            _change(each.median, latency.median) if latency.median else ABSENT,
            f"{each.duration_s:.1f} s",
        )
        for index, each in enumerate(latency.windows or (), start=1)
    ]


def _runtime(result: BenchmarkResult) -> Pairs:
    """What was in force, as the device stated it."""
    runtime = result.runtime
    pairs = [
        ("runtime", runtime.name),
        ("kernels", runtime.kernels or (result.options.kernels if result.hardware.kind == "linux" else "")),
        ("delegate", "" if runtime.delegate is None else describe_delegate(runtime.delegate)),
        ("threads", "" if runtime.threads is None else str(runtime.threads)),
        ("cores", "" if runtime.cores is None else format_cores(runtime.cores)),
        ("governor asked for", result.options.governor or ""),
    ]
    return [(name, value) for name, value in pairs if value]


def _per_mac(result: BenchmarkResult, counted: Distribution) -> Pairs:
    macs = result.model.macs
    return [("instructions per MAC", f"{counted.median / macs:.2f}")] if macs else []


def _modelled(result: BenchmarkResult) -> Pairs:
    """Never without the word: no board has confirmed these."""
    cycles, model = result.cycles_modelled, result.cycle_model
    if cycles is None or model is None:
        return []
    waits = model.flash_wait_states
    macs = result.model.macs
    return [
        ("modelled cycles", f"{cycles.median:,.0f}, not validated on silicon"),
        *([("modelled cycles per MAC", f"{cycles.median / macs:.2f}")] if macs else []),
        ("cycle model", f"{model.timings}: {model.basis}"),
        (
            "flash in the model",
            "its wait states are not known; none" if waits is None else f"{waits} wait states",
        ),
    ]


def _memory(result: BenchmarkResult) -> Pairs:
    memory = result.memory
    pairs = [("model", format_bytes(memory.model_bytes))]
    for title, value in (
        ("runtime in flash, without the model", memory.flash_bytes),
        ("arena", memory.arena_bytes),
        ("stack, peak", memory.stack_bytes),
        ("resident set, peak", memory.rss_bytes),
    ):
        if value is not None:
            pairs.append((title, bytes_cell(value)))
    return pairs


def _bars_by_operator(profile: Profile) -> list[Bar]:
    total = _total(profile)
    return [
        Bar(
            str(each.index),
            each.name,
            _macs(each.macs),
            _cost(each.median, profile),
            each.median / total,
            _cycles([each]),
        )
        for each in profile.operators
    ]


def _bars_by_type(profile: Profile) -> list[Bar]:
    total = _total(profile)
    bars = []
    for name in dict.fromkeys(each.name for each in profile.operators):
        members = [each for each in profile.operators if each.name == name]
        cost, macs = sum(each.median for each in members), sum(each.macs for each in members)
        bars.append(
            Bar(str(len(members)), name, _macs(macs), _cost(cost, profile), cost / total, _cycles(members))
        )
    return sorted(bars, key=lambda bar: -bar.share)


def _total(profile: Profile) -> float:
    return sum(each.median for each in profile.operators) or 1.0


def _macs(macs: int) -> str:
    return format_count(macs) if macs else ABSENT


def _cost(value: float, profile: Profile) -> str:
    return format_latency_us(value) if profile.quantity == "latency_us" else format_count(round(value))


def _cycles(operators: Sequence[OperatorCost]) -> str:
    found = [each.cycles_modelled for each in operators if each.cycles_modelled is not None]
    return format_count(sum(found)) if found and len(found) == len(operators) else ""


def _exactness(result: BenchmarkResult) -> list[str]:
    exact = result.bit_exact
    if exact is None:
        return ["The outputs were not compared with a reference."]
    if exact.equal:
        return [f"All {exact.num_samples} outputs equal those of {exact.reference}, bit for bit."]
    if exact.within_tolerance:
        return [
            f"All {exact.num_samples} outputs are within {exact.tolerance_lsb} LSB of those of {exact.reference}, "
            f"{exact.num_samples - exact.num_different} of them equal bit for bit."
        ]
    largest = "" if exact.max_abs_difference is None else f", by at most {exact.max_abs_difference:g}"
    lines = [f"{exact.num_different} of {exact.num_samples} outputs differ from {exact.reference}{largest}."]
    if exact.tolerance_lsb is not None:
        lines.append(f"{exact.num_beyond_tolerance} of them differ by more than {exact.tolerance_lsb} LSB.")
    operator = exact.first_differing_operator
    if operator is not None:
        lines.append(
            f"On sample {exact.first_differing_sample} "
            f"operator {operator.index} {operator.name} differs first: "
            f"tensor {operator.tensor} {operator.tensor_name}, element {list(operator.element)}"
            + (
                f", expected {operator.expected:g}, found {operator.found:g}."
                if operator.expected is not None and operator.found is not None
                else "."
            )
        )
    elif exact.first_differing_sample is not None:
        lines.append(
            f"Sample {exact.first_differing_sample} is the first; "
            "which operator starts it cannot be told on this device."
        )
    return lines


def _provenance(result: BenchmarkResult) -> Pairs:
    hardware, runtime = result.hardware, result.runtime
    pairs = [
        ("board", f"{hardware.title} ({result.board})"),
        ("core", " ".join(filter(None, (hardware.core, hardware.architecture)))),
        ("clock", format_clock_hz(hardware.clock_hz) if hardware.clock_hz else ""),
        ("device identity", result.device_identity or ""),
        ("transport", result.transport),
        ("software on the device", " ".join(filter(None, (runtime.version, runtime.build)))),
        ("model sha256, read back", result.model.sha256),
        ("model MACs", f"{result.model.macs:,}"),
    ]
    if result.evaluation is not None:
        source = "evaluation set" if result.evaluation.source == "file" else "random inputs"
        pairs += [(f"{source} sha256", result.evaluation.sha256), ("samples", str(result.evaluation.n))]
    if result.link is not None:
        link = result.link
        total = link.bytes_sent + link.bytes_received
        overhead = f", {format_ratio((total - link.payload_bytes) / total)} framing" if total else ""
        sent, received = format_bytes(link.bytes_sent), format_bytes(link.bytes_received)
        pairs.append(("link", f"{sent} sent, {received} received{overhead}"))
    pairs += [("measured", result.created), ("request", result.request_digest)]
    pairs += [(f"host {name}", value) for name, value in result.host.items()]
    return [(name, value) for name, value in pairs if value]


def describe_delegate(delegate: Delegate) -> str:
    """`xnnpack, 7 operators in 2 partitions`."""
    operators, partitions = delegate.num_operators_delegated, delegate.num_partitions
    if delegate.name == NO_DELEGATE or operators is None:
        return delegate.name
    pieces = "" if not partitions else f" in {partitions} partition{'' if partitions == 1 else 's'}"
    return f"{delegate.name}, {operators} operator{'' if operators == 1 else 's'}{pieces}"
