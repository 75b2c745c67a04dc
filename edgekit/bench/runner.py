"""One artifact on one device, measured; the same function for the shell, for code and for a search."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, TypeVar

import edgekit
from edgekit import farm
from edgekit.artifact import Artifact, EvaluationSet
from edgekit.bench import accuracy, exactness, latency, profile, result, trust
from edgekit.bench.arrays import Arrays
from edgekit.bench.codec import drop_unknown
from edgekit.bench.difference import Difference
from edgekit.bench.inference import Inference
from edgekit.bench.memory import memory_record
from edgekit.bench.progress import Progress, silent_progress
from edgekit.bench.request import BenchmarkOptions, request_digest
from edgekit.bench.result import BenchmarkResult, Conditions
from edgekit.bench.samples import find_evaluation_set, random_evaluation_set
from edgekit.deadline import Deadline
from edgekit.deploy import deploy
from edgekit.errors import DeviceError, EdgekitError, LinkError, RemoteError
from edgekit.evaluation import ANOMALY
from edgekit.farm import Device
from edgekit.oracle import Oracle, find_oracle
from edgekit.runtime_options import in_force
from edgekit.session import DeviceSession, LoadedModel
from edgekit.wire.codes import Capability

T = TypeVar("T")

FAST_KERNELS_TOLERANCE_LSB = 1
"""Fast kernels and delegates may round the last bit otherwise than the reference does."""

_REPORTED_PACKAGES = (
    "numpy",
    "ai-edge-litert",
    "tflite-micro",
    "tflite-runtime",
    "tensorflow",
    "pyserial",
    "paramiko",
)


def benchmark(
    artifact: Artifact,
    device: Device,
    options: BenchmarkOptions | None = None,
    *,
    session: DeviceSession | None = None,
    evaluation: EvaluationSet | None = None,
    progress: Progress = silent_progress,
    on_difference: Callable[[Difference], None] | None = None,
) -> BenchmarkResult:
    """Measures `artifact` on `device`, over `session` if one is open already.

    `evaluation` defaults to the artifact's own set, and without one to seeded noise. Latency comes first;
    whatever fails after it becomes a warning in the result, whose `complete` is then false. `on_difference`
    gets the first sample whose outputs are not the reference's, of those beyond the tolerance if there are any.

    Raises:
        DeviceError: the device failed before latency was measured.
        ModelError: the device cannot run this model.
        DataError: the evaluation set does not fit the model.
    """
    options = options or BenchmarkOptions()
    if evaluation is None:
        evaluation = find_evaluation_set(artifact, None)
    deadline = Deadline(options.timeout_s)
    with contextlib.ExitStack() as stack:
        if session is None:
            session = stack.enter_context(farm.connect(device, deadline, options.runtime))
        run = _Benchmark(artifact, device, options, session, evaluation, deadline, progress)
        measured = run.run()
    if run.difference is not None and on_difference is not None:
        on_difference(run.difference)
    return measured


class _Benchmark:
    """The steps of one benchmark; what they find collects here and becomes the result."""

    def __init__(
        self,
        artifact: Artifact,
        device: Device,
        options: BenchmarkOptions,
        session: DeviceSession,
        evaluation: EvaluationSet | None,
        deadline: Deadline,
        progress: Progress,
    ) -> None:
        self.artifact = artifact
        self.model = artifact.model
        self.device = device
        self.options = options
        self.session = session
        self.deadline = deadline
        self.progress = progress
        self.has_data = evaluation is not None
        self.evaluation = random_evaluation_set(self.model) if evaluation is None else evaluation
        self.digest = request_digest(artifact, device, options, evaluation)
        self.inference = Inference(session, self.model, self.evaluation, deadline)
        self.emulated = device.board.emulated
        self.instructions_per_tick = (
            device.board.emulator.instructions_per_tick if device.board.emulator else None
        )
        self.timer_hz = session.hello.timer_hz
        self.warnings: list[result.Warning] = []
        self.complete = True
        self.link_lost = False
        self.difference: Difference | None = None

    def run(self) -> BenchmarkResult:
        loaded = self._load()
        runtime = self._part("asking for the runtime", self._runtime) or self._announced_runtime()
        before = self._part("reading conditions", self._conditions) or {}
        timed = self._time()
        conditions = Conditions(before, self._part("reading conditions", self._conditions) or {})
        distribution = self._distribution(timed)
        outputs: list[Arrays] = []
        self._part("running the evaluation set", lambda: self._evaluate(outputs))
        operator_profile = self._part("profiling the operators", self._profile)
        stats = self._part("reading memory statistics", self._stats) or {}
        bit_exact = self._part("comparing with the reference", lambda: self._compare(outputs))
        if before or conditions.after:
            self.warnings += trust.condition_warnings(conditions)
        setup_ticks = stats.get("setup_ticks")
        return BenchmarkResult(
            schema_version=result.SCHEMA_VERSION,
            created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            complete=self.complete,
            request_digest=self.digest,
            board=self.device.board.name,
            hardware=self._hardware(),
            device=self.device.name,
            device_identity=self.session.hello.identity or None,
            emulated=self.emulated,
            transport=self.device.transport,
            runtime=runtime,
            model=result.Model(self.artifact.name, loaded.sha256, len(self.model.data), self.model.macs),
            operators=tuple(
                result.Operator(each.index, each.name, each.macs) for each in self.model.operators
            ),
            evaluation=result.Evaluation(
                "file" if self.has_data else "random", self.evaluation.sha256, len(self.evaluation)
            ),
            latency_us=None if self.emulated else distribution,
            instructions=distribution if self.emulated else None,
            harness_us=self._harness_us(stats.get("harness_ns"), distribution),
            setup_us=self._setup_us(setup_ticks),
            setup_instructions=self._setup_instructions(setup_ticks),
            profile=operator_profile,
            memory=memory_record(
                model_bytes=len(self.model.data), loaded_arena_bytes=loaded.arena_bytes, stats=stats
            ),
            accuracy=self._accuracy(outputs),
            bit_exact=bit_exact,
            conditions=conditions if before or conditions.after else None,
            link=result.Link(
                self.session.bytes_sent, self.session.bytes_received, self.session.payload_bytes
            ),
            options=self.options.record(),
            host=host_versions(),
            warnings=tuple(self.warnings),
        )

    def _load(self) -> LoadedModel:
        with self.progress("sending the model", len(self.model.data)) as advance:
            loaded = deploy(self.session, self.model, self.deadline, advance)
        if loaded.sha256 != self.model.sha256:
            raise LinkError(
                f"the device holds a model with sha256 {loaded.sha256[:12]}…, "
                f"{self.model.sha256[:12]}… was sent; "
                "check the link and try again"
            )
        return loaded

    def _announced_runtime(self) -> result.Runtime:
        hello = self.session.hello
        return result.Runtime(hello.runtime, hello.version or None, hello.build or None)

    def _runtime(self) -> result.Runtime:
        """What is in force now that the model is loaded: before, a runtime does not know what a delegate takes."""
        found = in_force(self.session.configure({}, self.inference.talk_deadline()))
        name = found.get("delegate")
        counts = {key: found.get(key) for key in ("num_operators_delegated", "num_partitions")}
        if self.options.runtime.uses_delegate and counts["num_operators_delegated"] == 0:
            self._warn(
                "nothing_delegated",
                f"{name} took none of the model's operators, so its times are those of the runtime's own kernels"
                + (
                    "; compile the model with edgetpu_compiler first"
                    if self.options.runtime.delegate == "edgetpu"
                    else ""
                ),
            )
        return replace(
            self._announced_runtime(),
            name=found.get("name", self.session.hello.runtime),
            kernels=found.get("kernels"),
            delegate=None if name is None else result.Delegate(name, **counts),
            threads=found.get("threads"),
            cores=found.get("cores"),
        )

    def _conditions(self) -> dict[str, Any]:
        return drop_unknown(self.session.conditions(self.inference.talk_deadline()))

    def _time(self) -> latency.TimedRuns:
        with self.progress("timing", None):
            return latency.measure_runs(
                self.inference,
                timer_hz=self.timer_hz,
                emulated=self.emulated,
                runs=self.options.runs,
                warmup=self.options.warmup,
            )

    def _distribution(self, timed: latency.TimedRuns) -> result.Distribution | None:
        if not self.emulated:
            measured = latency.latency_us(timed, self.timer_hz)
            self.warnings += trust.latency_warnings(measured, timed)
            return measured
        if self.instructions_per_tick is None:
            self._warn("no_time", "this board is emulated and counts no instructions; its times mean nothing")
            return None
        counted = latency.instructions(timed, self.instructions_per_tick)
        self.warnings += trust.instruction_warnings(counted)
        return counted

    def _evaluate(self, outputs: list[Arrays]) -> None:
        with self.progress("running the evaluation set", len(self.evaluation)) as advance:
            for index in range(len(self.evaluation)):
                outputs.append(self.inference.run(index))
                advance(1)

    def _accuracy(self, outputs: list[Arrays]) -> result.Accuracy | None:
        if self.evaluation.labels is None or len(outputs) < len(self.evaluation):
            return None
        if self.evaluation.task == ANOMALY:
            judged = accuracy.anomaly_auc([each[0] for each in outputs], self.evaluation, self.model)
            if judged is None:
                self._warn("not_finite", "some outputs are not finite numbers; the AUC was not computed")
            return judged
        labels = accuracy.class_labels(self.evaluation.labels, len(outputs), outputs[0][0].size)
        if labels is None:
            self._warn(
                "labels", "the labels are not classes of this model's first output; accuracy was not computed"
            )
            return None
        return accuracy.top1_accuracy([each[0] for each in outputs], labels)

    def _profile(self) -> result.Profile | None:
        scale = self.instructions_per_tick if self.emulated else 1e6 / self.timer_hz
        if not self._can_step() or scale is None:
            return None
        steps = profile.num_profile_steps(len(self.model.operators), self.emulated)
        with self.progress("profiling the operators", steps) as advance:
            return profile.profile_operators(
                self.inference, scale=scale, emulated=self.emulated, advance=advance
            )

    def _compare(self, outputs: list[Arrays]) -> result.BitExact | None:
        if not outputs:
            return None
        oracle = find_oracle(self.model.data)
        if oracle is None:
            self._warn(
                "no_oracle",
                "no reference runs this model here, so its outputs were not checked; "
                "pip install 'edgekit[oracle,runtime]' brings them",
            )
            return None
        tolerance_lsb = FAST_KERNELS_TOLERANCE_LSB if self._uses_fast_kernels() else None
        with self.progress("comparing with the reference", len(outputs)) as advance:
            compared = exactness.compare_outputs(
                outputs, lambda index: oracle.invoke(self.inference.sample(index)), advance, tolerance_lsb
            )
        operator = None
        first, wrong = compared.first_differing_sample, compared.first_wrong_sample
        if wrong is not None:
            self._warn(
                "not_bit_exact",
                f"{compared.num_wrong} of {compared.num_samples} outputs differ from {oracle.name}"
                + (
                    f" by more than {tolerance_lsb} LSB; --kernels reference compares exact values"
                    if tolerance_lsb is not None
                    else ""
                ),
            )
            operator = self._part(
                "looking for the first differing operator", lambda: self._find_operator(oracle, wrong)
            )
        shown = first if wrong is None else wrong
        if shown is not None:
            inputs = self.inference.sample(shown)
            self.difference = Difference(shown, inputs, outputs[shown], oracle.invoke(inputs))
        return result.BitExact(
            reference=oracle.name,
            equal=compared.num_different == 0,
            num_samples=compared.num_samples,
            num_different=compared.num_different,
            max_abs_difference=compared.max_abs_difference,
            first_differing_sample=compared.first_differing_sample,
            first_differing_operator=operator,
            tolerance_lsb=tolerance_lsb,
            num_beyond_tolerance=None if tolerance_lsb is None else compared.num_wrong,
        )

    def _find_operator(self, oracle: Oracle, sample: int) -> result.DifferingOperator | None:
        # The fast kernels of a Linux runtime fuse operators and keep nothing in between.
        if Capability.TENSORS not in self.session.hello.capabilities or self._uses_fast_kernels():
            return None
        return exactness.find_first_differing_operator(self.inference, oracle, sample, step=self._can_step())

    def _can_step(self) -> bool:
        return Capability.STEP in self.session.hello.capabilities

    def _stats(self) -> dict[str, int]:
        return self.session.stats(self.inference.talk_deadline())

    def _uses_fast_kernels(self) -> bool:
        # Without an operating system of its own to ask, the device runs our C runtime, which is exact.
        return (
            self.options.runtime.kernels == "fast" and Capability.HOST_OS in self.session.hello.capabilities
        )

    def _part(self, doing: str, measure: Callable[[], T]) -> T | None:
        """What `measure` returns; its failure is a warning, so that what was measured before it stays."""
        if self.link_lost:
            return None
        try:
            return measure()
        except EdgekitError as error:
            self.complete = False
            # A device that refuses one request still answers the next.
            self.link_lost = isinstance(error, DeviceError) and not isinstance(error, RemoteError)
            self._warn("incomplete", f"{doing} failed: {error}")
            return None

    def _warn(self, code: str, message: str) -> None:
        self.warnings.append(result.Warning(code, message))

    def _harness_us(self, harness_ns: int | None, timed: result.Distribution | None) -> float | None:
        """What timing adds to a run; from a microsecond-sized model one must be able to tell it."""
        if harness_ns is None or self.emulated:
            return None
        harness_us = harness_ns / 1000
        if timed is not None and harness_us > trust.HARNESS_SHARE * timed.median:
            self._warn(
                "harness",
                f"of the median of {timed.median:.1f} µs the harness itself takes {harness_us:.1f} µs, more than "
                f"{trust.HARNESS_SHARE:.0%}",
            )
        return harness_us

    def _setup_us(self, ticks: int | None) -> float | None:
        return None if ticks is None or self.emulated else round(ticks * 1e6 / self.timer_hz, 3)

    def _setup_instructions(self, ticks: int | None) -> int | None:
        if ticks is None or not self.emulated or self.instructions_per_tick is None:
            return None
        return ticks * self.instructions_per_tick

    def _hardware(self) -> result.Hardware:
        board = self.device.board
        return result.Hardware(
            title=board.title,
            kind=board.kind,
            architecture=board.architecture,
            core=board.core or None,
            clock_hz=board.clock_hz,
            flash_bytes=board.flash_bytes,
            ram_bytes=board.ram_bytes,
        )


def host_versions() -> dict[str, str]:
    """What ran the benchmark: two results are only comparable if one knows where they come from."""
    versions = {
        "edgekit": edgekit.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
    }
    for package in _REPORTED_PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions
