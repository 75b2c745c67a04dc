"""The device's half of the wire protocol on a Linux board. See wire/SPEC.md."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import select
from typing import Any, Callable, ContextManager, Dict, List, Optional, Tuple

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
from edgekit.agent.errors import AgentError, HostSilentError, first_line
from edgekit.agent.litert import LoadedModel
from edgekit.agent.options import DEFAULTS, merge_options
from edgekit.agent.runtime import TIMER_HZ, Runtime, find_runtime
from edgekit.agent.timing import measure_overhead_ns
from edgekit.agent.watch import Watch
from edgekit.wire.codes import ALL_OPERATORS, MAX_MAX_BODY, PROTOCOL, REPLY, Capability, Kind, Status
from edgekit.wire.fields import MessageError, expect_empty
from edgekit.wire.frame import CorruptFrame, Frame, FrameDecoder, encode_frame
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
MODEL_CAPACITY = 512 * 1024 * 1024
MAX_RUNS = 1000000
"""For warm-up; timed runs are bounded by the size of a reply."""
MAX_SKIPPED = 16
"""Numbers that a host may pass over: of requests that it gave up."""


class Server:
    """Answers requests from one stream on another, each exactly once."""

    def __init__(
        self,
        read_from: int,
        write_to: int,
        build: str = "",
        runtime: Optional[str] = None,
        watch: Optional[Watch] = None,
        root: str = "/",
        silence_limit_s: Optional[float] = None,
    ) -> None:
        """`silence_limit_s`: how long to wait for a host that says nothing or takes nothing; None: for ever."""
        self._silence_limit_s = silence_limit_s
        self._read_from = read_from
        self._write_to = write_to
        self._build = build
        self._watch = watch
        self._root = root
        self._decoder = FrameDecoder(MAX_BODY)
        self._hello_sequence: Optional[int] = None
        self._last_sequence: Optional[int] = None
        self._last: Optional[Tuple[int, int]] = None
        self._last_answer = b""
        self._ended = False
        self._runtime: Optional[Runtime] = None
        self._harness_ns: Optional[int] = None
        self._allowed_cores = allowed_cores()
        self._options: Dict[str, Any] = dict(DEFAULTS, runtime=runtime)
        self._announced: Optional[LoadBegin] = None
        self._received = bytearray()
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

    def serve(self) -> None:
        """Returns after BYE or at the end of input.

        Raises:
            HostSilentError: the host has said nothing, or taken nothing, for the time that it may.
        """
        while not self._ended:
            self._wait([self._read_from], [])
            data = os.read(self._read_from, 65536)
            if not data:
                return
            for frame in self._decoder.feed(data):
                self._send(self._answer_once(frame))
                if self._ended:
                    return

    def _send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self._wait([], [self._write_to])
            # A pipe that is ready takes so much without waiting.
            view = view[os.write(self._write_to, view[: select.PIPE_BUF]) :]

    def _wait(self, read_from: List[int], write_to: List[int]) -> None:
        if self._silence_limit_s is None:
            return
        if not any(select.select(read_from, write_to, [], self._silence_limit_s)):
            raise HostSilentError(f"nothing from the host for {self._silence_limit_s:g} s")

    def _answer_once(self, frame: Any) -> bytes:
        if isinstance(frame, CorruptFrame):
            body = ErrorBody("dropped a frame that " + frame.reason).pack()
            return encode_frame(Frame(Kind.BAD_FRAME, Status.BAD_FRAME, 0, body))
        key = (frame.kind, frame.sequence)
        if frame.kind != Kind.HELLO and key == self._last:
            return self._last_answer
        if self._is_stale(frame):
            message = "not the next request of the conversation that the last HELLO began"
            body = ErrorBody(message).pack()
            return encode_frame(Frame(frame.kind | REPLY, Status.BAD_STATE, frame.sequence, body))
        status, body = self._answer(frame)
        answer = encode_frame(Frame(frame.kind | REPLY, status, frame.sequence, body))
        self._last, self._last_answer = (None, b"") if frame.kind == Kind.HELLO else (key, answer)
        self._last_sequence = frame.sequence
        if frame.kind == Kind.HELLO:
            self._hello_sequence = frame.sequence
        return answer

    def _is_stale(self, frame: Frame) -> bool:
        """A copy that was long under way, or a request of a host that another one has replaced."""
        if frame.kind == Kind.HELLO:
            return self._last is not None and frame.sequence == self._hello_sequence
        if self._last_sequence is None:
            return False
        return not 1 <= (frame.sequence - self._last_sequence) & 0xFFFF <= MAX_SKIPPED

    def _answer(self, frame: Frame) -> Tuple[int, bytes]:
        try:
            if frame.kind not in self._handlers:
                raise AgentError(Status.UNKNOWN_KIND, f"there is no request 0x{frame.kind:02X}")
            return Status.OK, self._handlers[frame.kind](frame.body)
        except AgentError as failure:
            body = ErrorBody(failure.message, failure.operator, failure.tensor)
            return failure.status, body.pack()
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
        announced = LoadBegin.unpack(body)
        self._forget_model()
        if announced.num_bytes > MODEL_CAPACITY:
            message = f"the model has {announced.num_bytes} bytes, this agent takes {MODEL_CAPACITY}"
            raise AgentError(Status.TOO_LARGE, message)
        self._announced = announced
        return b""

    def _load_data(self, body: bytes) -> bytes:
        part = LoadData.unpack(body)
        if self._announced is None or part.offset != len(self._received):
            message = f"LOAD_DATA at offset {part.offset}, expected {len(self._received)}"
            raise AgentError(Status.BAD_STATE, message if self._announced else "LOAD_BEGIN comes first")
        if len(self._received) + len(part.data) > self._announced.num_bytes:
            message = f"more than the {self._announced.num_bytes} bytes that were announced"
            raise AgentError(Status.BAD_RANGE, message)
        self._received += part.data
        return b""

    def _load_end(self, body: bytes) -> bytes:
        expect_empty(body, "LOAD_END")
        module, options = self._require_runtime().module, self._options
        announced, data = self._announced, bytes(self._received)
        if announced is None:
            raise AgentError(Status.BAD_STATE, "LOAD_BEGIN comes first")
        self._forget_model()
        if len(data) != announced.num_bytes:
            message = f"{len(data)} of {announced.num_bytes} bytes arrived"
            raise AgentError(Status.BAD_STATE, message)
        sha256 = hashlib.sha256(data).digest()
        if sha256 != announced.sha256:
            message = "what arrived has sha256 {}, announced was {}"
            raise AgentError(Status.HASH_MISMATCH, message.format(sha256.hex(), announced.sha256.hex()))
        if data[4:8] != b"TFL3":
            raise AgentError(Status.BAD_MODEL, "not a .tflite file: no TFL3 at byte 4")
        model = LoadedModel(module, data, options["kernels"], options["threads"], options["delegate"])
        self._model = model
        counts = (model.num_operators, model.num_inputs, model.num_outputs)
        return LoadEnd(sha256, 0, *(min(each, 0xFFFF) for each in counts)).pack()

    def _forget_model(self) -> None:
        self._announced, self._model, self._received = None, None, bytearray()

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
        self._forget_model()
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
        self._ended = True
        return b""
