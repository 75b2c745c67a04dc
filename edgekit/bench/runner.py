"""One artifact on one device, measured; the same function for the shell, for code and for a search."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

from edgekit import farm
from edgekit.artifact import Artifact, EvaluationSet
from edgekit.bench import accuracy, clean, exactness, latency, profile, result, trust
from edgekit.bench.arrays import Arrays
from edgekit.bench.codec import drop_unknown
from edgekit.bench.cycles import cycles_of
from edgekit.bench.difference import Difference
from edgekit.bench.energy import energy_of
from edgekit.bench.evaluation_run import run_evaluation_set
from edgekit.bench.governing import Governing
from edgekit.bench.inference import Inference
from edgekit.bench.memory import memory_record
from edgekit.bench.origin import announced_runtime, hardware_record, host_versions, runtime_in_force
from edgekit.bench.partial import PartialOutputs
from edgekit.bench.progress import Progress, silent_progress
from edgekit.bench.request import BenchmarkOptions, request_digest
from edgekit.bench.result import BenchmarkResult, Conditions
from edgekit.bench.samples import find_evaluation_set, random_evaluation_set
from edgekit.bench.watching import Watching
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


def benchmark(
    artifact: Artifact,
    device: Device,
    options: BenchmarkOptions | None = None,
    *,
    session: DeviceSession | None = None,
    evaluation: EvaluationSet | None = None,
    progress: Progress = silent_progress,
    on_difference: Callable[[Difference], None] | None = None,
    partial: Path | None = None,
    keep: Callable[[BenchmarkResult], object] | None = None,
) -> BenchmarkResult:
    """Measures `artifact` on `device`, over `session` if one is open already.

    `evaluation` defaults to the artifact's own set, and without one to seeded noise. Latency comes first;
    whatever fails after it becomes a warning in the result, whose `complete` is then false. `on_difference`
    gets the first sample whose outputs are not the reference's, of those beyond the tolerance if there are any.
    Outputs of an evaluation set that is cut short wait in `partial` for the next call. Of an interrupt (Ctrl-C)
    `keep` gets the result as far as it goes, before it goes on.

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
        run = _Benchmark(artifact, device, options, session, evaluation, deadline, progress, partial)
        measured = run.run()
        if run.interruption is not None:
            if keep is not None:
                keep(measured)
            raise run.interruption
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
        partial: Path | None,
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
        self.interruption: BaseException | None = None
        self.num_resumed = 0
        identity = f"{self.digest} {session.hello.identity} {session.hello.runtime}"
        self.partial = None if partial is None else PartialOutputs(partial, identity)
        self.watching = Watching(session, self.inference.talk_deadline)
        self.governing = Governing(session, options.governor, self.inference.talk_deadline)

    def run(self) -> BenchmarkResult:
        loaded = self._load()
        runtime = self._part("asking for the runtime", self._runtime) or announced_runtime(self.session.hello)
        if self.governing.set() is False:
            self._warn("governor_not_set", f"{self.device.name} has no governor that edgekit could set")
        before = self._part("reading conditions", self._conditions) or {}
        try:
            timed = self._time()
        except BaseException:
            self.governing.restore_in_passing()
            raise
        during = self._part("watching the conditions", self.watching.stop)
        after = self._part("reading conditions", self._conditions) or {}
        conditions = Conditions(before, after, during)
        self._part("restoring the governor", self.governing.restore)
        distribution = self._distribution(timed)
        cycles = cycles_of(self.session, distribution, self._warn)
        outputs: list[Arrays] = []
        self._part("running the evaluation set", lambda: self._evaluate(outputs))
        operator_profile = self._part("profiling the operators", self._profile)
        talk_deadline = self.inference.talk_deadline
        stats = self._part("reading memory statistics", lambda: self.session.stats(talk_deadline())) or {}
        bit_exact = self._part("comparing with the reference", lambda: self._compare(outputs))
        if before or after or during:
            self.warnings += trust.condition_warnings(conditions)
            conditions = clean.judge(conditions, tuple(self.warnings), emulated=self.emulated)
        # The sensors of an emulated board are its host's.
        energy = energy_of(during) if during is not None and not self.emulated else None
        self.warnings += trust.energy_warnings(energy)
        if self.complete and self.partial is not None:
            self.partial.remove()
        return BenchmarkResult(
            schema_version=result.SCHEMA_VERSION,
            created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            complete=self.complete,
            request_digest=self.digest,
            board=self.device.board.name,
            hardware=hardware_record(self.device.board),
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
                "file" if self.has_data else "random",
                self.evaluation.sha256,
                len(self.evaluation),
                self.num_resumed or None,
            ),
            latency_us=None if self.emulated else distribution,
            instructions=distribution if self.emulated else None,
            cycles_modelled=cycles.modelled,
            cycle_model=cycles.model,
            harness_us=self._harness_us(stats.get("harness_ns"), distribution),
            setup_us=self._in_us(stats.get("setup_ticks")),
            first_us=self._in_us(timed.first),
            energy_uj=energy,
            setup_instructions=self._setup_instructions(stats.get("setup_ticks")),
            profile=operator_profile,
            memory=memory_record(
                model_bytes=len(self.model.data), loaded_arena_bytes=loaded.arena_bytes, stats=stats
            ),
            accuracy=self._accuracy(outputs),
            bit_exact=bit_exact,
            conditions=conditions if before or after or during else None,
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

    def _runtime(self) -> result.Runtime:
        """What is in force now that the model is loaded: before, a runtime does not know what a delegate takes."""
        found = in_force(self.session.configure({}, self.inference.talk_deadline()))
        if self.options.runtime.uses_delegate:
            self.warnings += trust.delegate_warnings(found, self.options.runtime.delegate)
        return runtime_in_force(self.session.hello, found)

    def _conditions(self) -> dict[str, Any]:
        return drop_unknown(self.session.conditions(self.inference.talk_deadline()))

    def _time(self) -> latency.TimedRuns:
        options = self.options
        # A microcontroller's clock stands still; what windows are for happens under an operating system.
        in_windows = self.device.board.kind == "linux" and not self.emulated and options.runs is None
        plan = latency.WindowPlan(options.windows, options.window_s) if in_windows else None
        self.watching.start(min(options.window_s, latency.WINDOW_BUDGET_S) if in_windows else 0.0)
        with self.progress("timing", plan.num_windows if plan else None) as advance:
            timed = latency.measure_runs(
                self.inference,
                timer_hz=self.timer_hz,
                emulated=self.emulated,
                runs=options.runs,
                warmup=options.warmup,
                plan=plan,
                warmed_up=self.watching.begin,
                advance=advance,
            )
        if timed.interruption is not None:
            done = f"{len(timed.windows)} of {options.windows} windows"
            self._cut_short(timed.interruption, f"timing ended after {done}")
        return timed

    def _cut_short(self, error: BaseException, doing: str) -> None:
        """Notes why the result will be incomplete; an interrupt ends everything that needs the device."""
        self.complete = False
        if isinstance(error, EdgekitError):
            # A device that refuses one request still answers the next.
            self.link_lost = isinstance(error, DeviceError) and not isinstance(error, RemoteError)
            self._warn("incomplete", f"{doing}: {error}")
        else:
            self.link_lost, self.interruption = True, error
            self._warn("incomplete", f"{doing}: it was interrupted; the same command again measures the rest")

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
            self.num_resumed = run_evaluation_set(self.inference, outputs, self.partial, advance)

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
            self._cut_short(error, f"{doing} failed")
            return None
        except (KeyboardInterrupt, SystemExit) as error:
            self._cut_short(error, f"{doing} was cut short")
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

    def _in_us(self, ticks: int | None) -> float | None:
        return None if ticks is None or self.emulated else round(ticks * 1e6 / self.timer_hz, 3)

    def _setup_instructions(self, ticks: int | None) -> int | None:
        if ticks is None or not self.emulated or self.instructions_per_tick is None:
            return None
        return ticks * self.instructions_per_tick
