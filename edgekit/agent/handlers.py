"""What the agent does for each request. See wire/SPEC.md."""

from __future__ import annotations

import contextlib
import platform
from typing import Any, Callable, ContextManager, Dict, Optional, Tuple

import edgekit
from edgekit.agent.conditions import (
    read_board_model,
    read_conditions,
    read_identity,
    read_memory_bytes,
    read_peak_rss_bytes,
)
from edgekit.agent.cores import allowed_cores, pin
from edgekit.agent.delegates import check_delegate
from edgekit.agent.errors import AgentError, first_line
from edgekit.agent.litert import LoadedModel
from edgekit.agent.options import DEFAULTS, merge_options
from edgekit.agent.runtime import TIMER_HZ, Runtime, find_runtime
from edgekit.agent.timing import measure_overhead_ns
from edgekit.agent.upload import MODEL_CAPACITY, Upload
from edgekit.agent.watch import Watch
from edgekit.wire.codes import ALL_OPERATORS, MAX_MAX_BODY, PROTOCOL, Capability, Kind, Status
from edgekit.wire.fields import MessageError, expect_empty
from edgekit.wire.messages import (
    ErrorBody,
    Hello,
    HelloRequest,
    Invoke,
    LoadBegin,
    LoadData,
    LoadEnd,
    Read,
    WriteInput,
    pack_json,
    pack_stats,
    pack_ticks,
    unpack_json,
)

MAX_BODY = MAX_MAX_BODY
MAX_RUNS = 1000000
"""For warm-up; timed runs are bounded by the size of a reply."""


class Handlers:
    """A runtime, its model and its options, as one conversation after the other leaves them."""

    def __init__(
        self, build: str = "", runtime: Optional[str] = None, watch: Optional[Watch] = None, root: str = "/"
    ) -> None:
        self.ended = False
        """After BYE."""
        self._build = build
        self._watch = watch
        self._root = root
        self._runtime: Optional[Runtime] = None
        self._harness_ns: Optional[int] = None
        self._allowed_cores = allowed_cores()
        self._options: Dict[str, Any] = dict(DEFAULTS, runtime=runtime)
        self._upload = Upload()
        self._model: Optional[LoadedModel] = None
        self._handlers: Dict[int, Callable[[bytes], bytes]] = {
            Kind.HELLO: self._hello,
            Kind.LOAD_BEGIN: self._load_begin,
            Kind.LOAD_DATA: self._load_data,
            Kind.LOAD_END: self._load_end,
            Kind.WRITE_INPUT: self._write_input,
            Kind.INVOKE: self._invoke,
            Kind.READ: self._read,
            Kind.STATS: self._stats,
            Kind.CONFIGURE: self._configure,
            Kind.CONDITIONS: self._conditions,
            Kind.BYE: self._bye,
            Kind.RESET_STATE: self._reset_state,
        }
        if watch is not None:
            self._handlers[Kind.WATCH] = self._answer_watch
            self._handlers[Kind.GOVERNOR] = self._govern

    def answer(self, kind: int, body: bytes) -> Tuple[int, bytes]:
        """Status and body of the reply; whatever goes wrong is one."""
        try:
            if kind not in self._handlers:
                raise AgentError(Status.UNKNOWN_KIND, f"there is no request 0x{kind:02X}")
            return Status.OK, self._handlers[kind](body)
        except AgentError as failure:
            return failure.status, ErrorBody(failure.message, failure.operator, failure.tensor).pack()
        except MessageError as error:
            return Status.BAD_REQUEST, ErrorBody(str(error)).pack()
        except MemoryError:
            return Status.NO_MEMORY, ErrorBody("the machine is out of memory").pack()
        except Exception as error:
            return Status.RUNTIME_FAILED, ErrorBody(first_line(error)).pack()

    def _hello(self, body: bytes) -> bytes:
        request = HelloRequest.unpack(body)
        if request.protocol != PROTOCOL:
            message = f"this agent speaks version {PROTOCOL}, not {request.protocol}"
            raise AgentError(Status.BAD_REQUEST, message)
        self._runtime = self._runtime or find_runtime(self._options["runtime"])
        return Hello(
            protocol=PROTOCOL,
            capabilities=Capability.TENSORS
            | Capability.HOST_OS
            | (Capability.WATCH if self._watch is not None else Capability.NONE),
            max_body=MAX_BODY,
            model_capacity=MODEL_CAPACITY,
            arena_capacity=min(read_memory_bytes() or 0xFFFFFFFF, 0xFFFFFFFF),
            timer_hz=TIMER_HZ,
            board=read_board_model() or platform.machine(),
            runtime=self._runtime.name,
            version=edgekit.__version__,
            build=self._build,
            identity=read_identity(),
        ).pack()

    def _require_runtime(self) -> Runtime:
        if self._runtime is None:
            raise AgentError(Status.BAD_STATE, "HELLO comes first")
        return self._runtime

    def _require_model(self) -> LoadedModel:
        if self._model is None:
            raise AgentError(Status.BAD_STATE, "no model is loaded")
        return self._model

    def _load_begin(self, body: bytes) -> bytes:
        self._model = None
        self._upload.begin(LoadBegin.unpack(body))
        return b""

    def _load_data(self, body: bytes) -> bytes:
        self._upload.add(LoadData.unpack(body))
        return b""

    def _load_end(self, body: bytes) -> bytes:
        expect_empty(body, "LOAD_END")
        module, options = self._require_runtime().module, self._options
        data, sha256 = self._upload.end()
        model = LoadedModel(module, data, options["kernels"], options["threads"], options["delegate"])
        self._model = model
        counts = (model.num_operators, model.num_inputs, model.num_outputs)
        return LoadEnd(sha256, 0, *(min(each, 0xFFFF) for each in counts)).pack()

    def _write_input(self, body: bytes) -> bytes:
        part = WriteInput.unpack(body)
        self._require_model().write_input(part.index, part.offset, part.data)
        return b""

    def _invoke(self, body: bytes) -> bytes:
        request = Invoke.unpack(body)
        model = self._require_model()
        if request.first_operator != 0 or request.num_operators != ALL_OPERATORS:
            raise AgentError(Status.UNSUPPORTED, "this runtime runs whole models only")
        if not 1 <= request.runs <= MAX_BODY // 8 or request.warmup > MAX_RUNS:
            message = "{} warm-up and {} timed runs, expected at most {} and 1 to {}"
            limits = (request.warmup, request.runs, MAX_RUNS, MAX_BODY // 8)
            raise AgentError(Status.BAD_REQUEST, message.format(*limits))
        with self._timed(request.warmup + request.runs):
            ticks = model.invoke(request.warmup, request.runs)
        return pack_ticks(ticks)

    def _timed(self, num_runs: int) -> ContextManager[None]:
        return contextlib.nullcontext() if self._watch is None else self._watch.timed(num_runs)

    def _read(self, body: bytes) -> bytes:
        request = Read.unpack(body)
        if request.num_bytes > MAX_BODY:
            message = f"{request.num_bytes} bytes do not fit into a reply of {MAX_BODY}"
            raise AgentError(Status.BAD_RANGE, message)
        model = self._require_model()
        return model.read(request.space, request.index, request.offset, request.num_bytes)

    def _reset_state(self, body: bytes) -> bytes:
        expect_empty(body, "RESET_STATE")
        self._require_model().reset_state()
        return b""

    def _stats(self, body: bytes) -> bytes:
        expect_empty(body, "STATS")
        stats = {}
        rss_bytes = read_peak_rss_bytes()
        if rss_bytes is not None:
            stats["rss_bytes"] = rss_bytes
        if self._model is not None:
            stats["setup_ticks"] = self._model.setup_ticks
            if self._harness_ns is None:
                self._harness_ns = measure_overhead_ns(self._require_runtime().module)
            stats["harness_ns"] = self._harness_ns
        return pack_stats(stats)

    def _configure(self, body: bytes) -> bytes:
        wanted = unpack_json(body, "CONFIGURE")
        runtime = self._require_runtime()
        if not wanted:
            return pack_json(self._in_force())
        options = merge_options(self._options, wanted)
        if options["runtime"] not in (None, runtime.key):
            runtime = find_runtime(options["runtime"])
        check_delegate(runtime.module, runtime.name, options["kernels"], options["delegate"])
        if options["cores"] != self._options["cores"]:
            pin(self._allowed_cores if options["cores"] is None else options["cores"], self._allowed_cores)
        self._upload, self._model = Upload(), None
        self._runtime, self._options, self._harness_ns = runtime, options, None
        return pack_json(self._in_force())

    def _in_force(self) -> Dict[str, Any]:
        """What is so, not what was asked for; a runtime that chooses its delegate has chosen once a model is there."""
        runtime = self._require_runtime()
        found = {
            "kernels": self._options["kernels"],
            "threads": self._options["threads"],
            "runtime": runtime.key,
            "name": runtime.name,
            "cores": allowed_cores(),
        }
        delegate = "none" if self._options["kernels"] == "reference" else self._options["delegate"]
        mapping = None if self._model is None else self._model.mapping
        if mapping is not None:
            # What a runtime brings along for its fast kernels is XNNPACK, in both packages.
            delegate = delegate or ("xnnpack" if mapping.num_partitions else "none")
            found.update(mapping._asdict())
        if delegate is not None:
            found["delegate"] = delegate
        return found

    def _conditions(self, body: bytes) -> bytes:
        expect_empty(body, "CONDITIONS")
        return pack_json(read_conditions(self._require_runtime().name, self._root))

    def _answer_watch(self, body: bytes) -> bytes:
        assert self._watch is not None  # noqa: S101 - only then there is such a request
        return pack_json(self._watch.answer(unpack_json(body, "WATCH")))

    def _govern(self, body: bytes) -> bytes:
        assert self._watch is not None  # noqa: S101
        return pack_json(self._watch.govern(unpack_json(body, "GOVERNOR")))

    def _bye(self, body: bytes) -> bytes:
        expect_empty(body, "BYE")
        self.ended = True
        return b""
