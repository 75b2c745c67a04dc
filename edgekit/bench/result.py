"""The record of one benchmark: what was measured, on what, how. docs/result_schema.md lists its keys.

A quantity that was not measured is absent. A quantity that cannot be trusted is kept, and a warning says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgekit.bench.codec import to_json

SCHEMA_VERSION = 2
READABLE_VERSIONS = (1, 2)
"""Version 1 knew no windows: its `samples` always hold every run. All that 2 added may be absent."""
METRICS = ("top1", "auc")


@dataclass(frozen=True)
class Hardware:
    """Facts about the kind of board."""

    title: str
    kind: str
    architecture: str
    core: str | None = None
    clock_hz: float | None = None
    flash_bytes: int | None = None
    ram_bytes: int | None = None


@dataclass(frozen=True)
class Delegate:
    """What took operators over from the runtime's own kernels; how many is absent where the runtime hides it."""

    name: str
    num_operators_delegated: int | None = None
    num_partitions: int | None = None


@dataclass(frozen=True)
class Runtime:
    """What was in force, by the device's own account; `options` has what was asked for.

    `name` is what runs the model; `version` and `build` are of edgekit's software on the device; `cores` are
    those that the process may run on.
    """

    name: str
    version: str | None = None
    build: str | None = None
    kernels: str | None = None
    delegate: Delegate | None = None
    threads: int | None = None
    cores: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Model:
    """`sha256` is the device's own hash of what lies in its memory."""

    name: str
    sha256: str
    num_bytes: int
    macs: int


@dataclass(frozen=True)
class Operator:
    index: int
    name: str
    macs: int


@dataclass(frozen=True)
class ConfidenceInterval:
    low: float
    high: float
    level: float
    method: str


@dataclass(frozen=True)
class Window:
    """One stretch of timed runs without a pause; `duration_s` by the host's clock, with all talking."""

    n: int
    median: float
    duration_s: float


@dataclass(frozen=True)
class Distribution:
    """What all runs come to, in one unit; `resolution` is one tick of the device's timer.

    `samples` are all of them in order, or every `kept_every`-th where there are too many to keep.
    """

    samples: tuple[float, ...]
    n: int
    warmup: int
    min: float
    median: float
    mean: float
    max: float
    p90: float
    p99: float
    resolution: float
    stdev: float | None = None
    kept_every: int | None = None
    median_interval: ConfidenceInterval | None = None
    windows: tuple[Window, ...] | None = None


@dataclass(frozen=True)
class OperatorCost:
    index: int
    name: str
    macs: int
    median: float
    cycles_modelled: int | None = None
    instruction_classes: Mapping[str, int] | None = None


@dataclass(frozen=True)
class CycleModelRecord:
    """By which timings cycles were modelled; `sha256` is that of their file."""

    timings: str
    basis: str
    sha256: str
    flash_wait_states: int | None = None


@dataclass(frozen=True)
class Profile:
    """Each operator run alone; `quantity` names the unit of the medians: `latency_us` or `instructions`."""

    quantity: str
    runs: int
    resolution: float
    operators: tuple[OperatorCost, ...]


@dataclass(frozen=True)
class Memory:
    """`flash_bytes` is the runtime's code and constants without the model; stack and RSS are peaks."""

    model_bytes: int
    flash_bytes: int | None = None
    arena_bytes: int | None = None
    stack_bytes: int | None = None
    rss_bytes: int | None = None


@dataclass(frozen=True)
class Rail:
    """Mean power of one rail; `counted` says whether the energy includes it."""

    name: str
    counted: bool
    idle_mw: float
    timed_mw: float


@dataclass(frozen=True)
class Energy:
    """Of one inference, beyond what the board takes when it rests; `uncertainty` is for a coverage of 95 %.

    `scope` is `board` where a sensor measures all that the board takes in, else `rails`.
    """

    value: float
    uncertainty: float
    idle_subtracted: bool
    scope: str
    method: str
    sampling_hz: float
    num_samples: int
    num_idle_samples: int
    timed_mw: float
    idle_mw: float
    rails: tuple[Rail, ...]


@dataclass(frozen=True)
class Accuracy:
    """`n` is what was judged right or wrong, or ranked: samples for `top1`, recordings for `auc`."""

    metric: str
    value: float
    n: int
    confidence_interval: ConfidenceInterval
    num_correct: int | None = None


@dataclass(frozen=True)
class Evaluation:
    """The inputs that were run: `source` is `file`, or `random` where there was no evaluation set."""

    source: str
    sha256: str
    n: int
    num_resumed: int | None = None


@dataclass(frozen=True)
class DifferingOperator:
    """The first operator whose output is not the reference's, and the first element that differs in it."""

    index: int
    name: str
    tensor: int
    tensor_name: str
    element: tuple[int, ...]
    expected: float | None = None
    found: float | None = None


@dataclass(frozen=True)
class BitExact:
    """`tolerance_lsb` is how far integer outputs may be off: absent where they must be equal."""

    reference: str
    equal: bool
    num_samples: int
    num_different: int
    max_abs_difference: float | None = None
    first_differing_sample: int | None = None
    first_differing_operator: DifferingOperator | None = None
    tolerance_lsb: int | None = None
    num_beyond_tolerance: int | None = None

    @property
    def within_tolerance(self) -> bool:
        return self.equal or (self.tolerance_lsb is not None and self.num_beyond_tolerance == 0)


@dataclass(frozen=True)
class Conditions:
    """What the device says about itself just before, while, and just after the timed runs ran.

    `clean` is true only if a watcher saw all of them and nothing that disturbs; absent if nobody can tell.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    during: Mapping[str, Any] | None = None
    clean: bool | None = None
    reasons: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Link:
    bytes_sent: int
    bytes_received: int
    payload_bytes: int


@dataclass(frozen=True)
class Warning:
    """`unstable` marks what makes `--strict` fail."""

    code: str
    message: str
    unstable: bool = False


@dataclass(frozen=True)
class Options:
    """What was asked for; what is absent was left to the benchmark or the device."""

    timeout_s: float
    kernels: str
    runs: int | None = None
    warmup: int | None = None
    windows: int | None = None
    window_s: float | None = None
    governor: str | None = None
    runtime: str | None = None
    delegate: str | None = None
    threads: int | None = None
    cores: tuple[int, ...] | None = None


@dataclass(frozen=True)
class BenchmarkResult:
    schema_version: int
    created: str
    complete: bool
    request_digest: str
    board: str
    hardware: Hardware
    device: str
    emulated: bool
    transport: str
    runtime: Runtime
    model: Model
    operators: tuple[Operator, ...]
    memory: Memory
    options: Options
    host: Mapping[str, str]
    warnings: tuple[Warning, ...]
    device_identity: str | None = None
    evaluation: Evaluation | None = None
    latency_us: Distribution | None = None
    instructions: Distribution | None = None
    cycles_modelled: Distribution | None = None
    cycle_model: CycleModelRecord | None = None
    harness_us: float | None = None
    setup_us: float | None = None
    first_us: float | None = None
    energy_uj: Energy | None = None
    setup_instructions: int | None = None
    profile: Profile | None = None
    accuracy: Accuracy | None = None
    bit_exact: BitExact | None = None
    conditions: Conditions | None = None
    link: Link | None = None

    @property
    def unstable(self) -> bool:
        return any(each.unstable for each in self.warnings)

    def to_json(self) -> dict[str, Any]:
        record: dict[str, Any] = to_json(self)
        return record
