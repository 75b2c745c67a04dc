"""DeviceSession: the host's half of the wire protocol, over any Link. See wire/SPEC.md."""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from edgekit.cycle_counter import ModelledRuns
from edgekit.deadline import Deadline
from edgekit.errors import ConnectError, DeviceError, LinkError, RemoteError
from edgekit.exchange import Exchange
from edgekit.transports.link import Link, ModelsCycles, SeesMachine
from edgekit.wire.codes import ALL_OPERATORS, PROTOCOL, Capability, Kind, Space, Status
from edgekit.wire.fields import expect_empty
from edgekit.wire.messages import (
    Hello,
    HelloRequest,
    Invoke,
    LoadBegin,
    LoadData,
    LoadEnd,
    Read,
    WriteInput,
    pack_json,
    unpack_json,
    unpack_stats,
    unpack_ticks,
)


@dataclass(frozen=True)
class LoadedModel:
    sha256: str
    arena_bytes: int
    num_operators: int
    num_inputs: int
    num_outputs: int


class DeviceSession:
    """Talks to one device. Made by `DeviceSession.open` or `farm.connect`; used by one thread."""

    hello: Hello

    def __init__(self, link: Link, name: str = "the device", silence_s: float = 30.0) -> None:
        self.name = name
        self.payload_bytes = 0
        """Model, inputs, outputs and ticks: what would have moved without a protocol."""
        self._link = link
        self._exchange = Exchange(link, name, silence_s)
        self._inputs: dict[tuple[int, int], bytes] = {}

    @property
    def bytes_sent(self) -> int:
        return self._exchange.bytes_sent

    @property
    def bytes_received(self) -> int:
        return self._exchange.bytes_received

    @property
    def frames_resent(self) -> int:
        return self._exchange.frames_resent

    @property
    def frames_corrupt(self) -> int:
        return self._exchange.frames_corrupt

    @classmethod
    def open(cls, link: Link, deadline: Deadline, name: str = "the device") -> DeviceSession:
        """Clears the line and says HELLO.

        Raises:
            LinkError: no answer, or one that is not the protocol's; quotes what came.
            RemoteError: the device speaks another version.
        """
        session = cls(link, name)
        session.clear()
        session.say_hello(deadline)
        return session

    def clear(self) -> None:
        """Drops what has arrived so far, before HELLO."""
        self._exchange.clear()

    def say_hello(self, deadline: Deadline) -> None:
        """Starts over with a random sequence number; repeats HELLO until the deadline."""
        request = HelloRequest().pack()
        try:
            body = self._exchange.request(Kind.HELLO, request, deadline, "saying HELLO")
        except RemoteError as error:
            if error.status != Status.BAD_STATE:
                raise
            # By chance the number of the conversation that the device is in: any other will do.
            body = self._exchange.request(Kind.HELLO, request, deadline, "saying HELLO")
        self.hello = self._exchange.unpack(Hello.unpack, body)
        if self.hello.protocol != PROTOCOL:
            raise LinkError(
                f"{self.name} speaks version {self.hello.protocol} of the protocol, this edgekit speaks "
                f"{PROTOCOL}; update the older of the two"
            )
        self._exchange.set_max_body(self.hello.max_body)

    def load(
        self, model: bytes, deadline: Deadline, progress: Callable[[int], object] | None = None
    ) -> LoadedModel:
        """Sends a .tflite and has it checked; `progress` is called with the number of bytes just sent.

        Raises:
            RemoteError: the device refuses it; status, operator and tensor say why and where.
            LinkError: the device holds other bytes than were sent.
            ConnectError: the device carries a model of its own, and that is another.
        """
        sha256 = hashlib.sha256(model).digest()
        self._inputs.clear()
        if Capability.RESIDENT not in self.hello.capabilities:
            self._send_model(model, sha256, deadline, progress)
        body = self._exchange.request(Kind.LOAD_END, b"", deadline, "loading the model", patient=True)
        reply = self._exchange.unpack(LoadEnd.unpack, body)
        if reply.sha256 != sha256 and Capability.RESIDENT in self.hello.capabilities:
            raise ConnectError(
                f"the firmware of {self.name} carries the model with sha256 {reply.sha256.hex()} and takes no other, "
                f"not that with {sha256.hex()}; build the firmware for this one, or without a model"
            )
        if reply.sha256 != sha256:
            raise LinkError(
                f"{self.name} holds a model with sha256 {reply.sha256.hex()}, sent was {sha256.hex()}; "
                "its memory or its link is faulty"
            )
        counts = (reply.num_operators, reply.num_inputs, reply.num_outputs)
        return LoadedModel(sha256.hex(), reply.arena_bytes, *counts)

    def _send_model(
        self, model: bytes, sha256: bytes, deadline: Deadline, progress: Callable[[int], object] | None
    ) -> None:
        begin = LoadBegin(len(model), sha256).pack()
        self._command(Kind.LOAD_BEGIN, begin, deadline, "announcing the model")
        step = self.hello.max_body - LoadData.OVERHEAD
        for offset in range(0, len(model), step):
            data = model[offset : offset + step]
            request = LoadData(offset, data).pack()
            self._command(Kind.LOAD_DATA, request, deadline, "sending the model")
            self.payload_bytes += len(data)
            if progress is not None:
                progress(len(data))

    def write_input(self, index: int, data: bytes, deadline: Deadline) -> None:
        """Fills input `index` (by position) from its start."""
        step = self.hello.max_body - WriteInput.OVERHEAD
        for offset in range(0, len(data), step):
            part = data[offset : offset + step]
            self._inputs[index, offset] = part
            self._send_input(index, offset, part, deadline)

    def _send_input(self, index: int, offset: int, data: bytes, deadline: Deadline) -> None:
        request = WriteInput(index, offset, data).pack()
        self._command(Kind.WRITE_INPUT, request, deadline, f"writing input {index}")
        self.payload_bytes += len(data)

    def invoke(
        self,
        deadline: Deadline,
        first_operator: int = 0,
        num_operators: int = ALL_OPERATORS,
        warmup: int = 0,
        runs: int = 1,
    ) -> list[int]:
        """Runs operators and returns the ticks of each timed run; `hello.timer_hz` is their rate.

        More runs than fit into one reply are made in several requests, the inputs written again for each.
        """
        ticks: list[int] = []
        most = self.hello.max_body // 8
        while True:
            if ticks:
                for (index, offset), data in self._inputs.items():
                    self._send_input(index, offset, data, deadline)
            part = min(most, runs - len(ticks))
            request = Invoke(first_operator, num_operators, 0 if ticks else warmup, part).pack()
            body = self._exchange.request(Kind.INVOKE, request, deadline, "running the model", patient=True)
            self.payload_bytes += len(body)
            ticks += self._exchange.unpack(functools.partial(unpack_ticks, runs=part), body)
            if len(ticks) >= runs:
                return ticks

    def reset_state(self, deadline: Deadline) -> None:
        """Gives the model's variables the values that they had after the load; without any it does nothing."""
        self._command(Kind.RESET_STATE, b"", deadline, "resetting the model's state")

    def read_output(self, index: int, num_bytes: int, deadline: Deadline) -> bytes:
        """The first `num_bytes` of output `index` (by position)."""
        return self._read(Space.OUTPUT, index, num_bytes, deadline)

    def read_tensor(self, index: int, num_bytes: int, deadline: Deadline) -> bytes:
        """The first `num_bytes` of tensor `index` of the main subgraph, as the last INVOKE left it."""
        return self._read(Space.TENSOR, index, num_bytes, deadline)

    def _read(self, space: Space, index: int, num_bytes: int, deadline: Deadline) -> bytes:
        doing = f"reading {space.name.lower()} {index}"
        data = b""
        while len(data) < num_bytes:
            part = min(self.hello.max_body, num_bytes - len(data))
            request = Read(space, index, len(data), part).pack()
            body = self._exchange.request(Kind.READ, request, deadline, doing)
            if len(body) != part:
                raise LinkError(
                    f"{self.name} answered with {len(body)} bytes, expected {part}, while {doing}"
                )
            data += body
        self.payload_bytes += num_bytes
        return data

    def stats(self, deadline: Deadline) -> dict[str, int]:
        """Of arena_bytes, firmware_bytes, stack_bytes, rss_bytes, setup_ticks those it can measure."""
        return self._exchange.unpack(
            unpack_stats, self._exchange.request(Kind.STATS, b"", deadline, "reading statistics")
        )

    def configure(self, options: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """Sets options and returns those in force; {} for a device without an operating system."""
        if Capability.HOST_OS not in self.hello.capabilities:
            return {}
        request = pack_json(dict(options))
        body = self._exchange.request(Kind.CONFIGURE, request, deadline, "configuring the runtime")
        return self._exchange.unpack(functools.partial(unpack_json, name="CONFIGURE reply"), body)

    def conditions(self, deadline: Deadline) -> dict[str, Any]:
        """Clock, governor, temperatures and versions as they are now; {} without an operating system."""
        if Capability.HOST_OS not in self.hello.capabilities:
            return self._link.conditions(deadline) if isinstance(self._link, SeesMachine) else {}
        body = self._exchange.request(Kind.CONDITIONS, b"", deadline, "reading conditions")
        return self._exchange.unpack(functools.partial(unpack_json, name="CONDITIONS reply"), body)

    def modelled_runs(self) -> ModelledRuns | None:
        """Runs that INVOKE has made since the last call, in modelled cycles; None where no emulator is."""
        return self._link.modelled_runs() if isinstance(self._link, ModelsCycles) else None

    def watch(self, action: str, deadline: Deadline, seconds: float | None = None) -> dict[str, Any]:
        """`start`, `idle` for some seconds, `begin` or `stop`, as SPEC.md says; needs the capability WATCH."""
        request = pack_json({"do": action} if seconds is None else {"do": action, "seconds": seconds})
        body = self._exchange.request(
            Kind.WATCH, request, deadline, "watching the conditions", patient=seconds is not None
        )
        return self._exchange.unpack(functools.partial(unpack_json, name="WATCH reply"), body)

    def set_governor(self, name: str | None, deadline: Deadline) -> dict[str, Any]:
        """Sets the frequency governor, or for None puts back what was there; needs the capability WATCH.

        Raises:
            RemoteError: it cannot be set; the message says what to do.
        """
        request = pack_json({"restore": True} if name is None else {"set": name})
        body = self._exchange.request(Kind.GOVERNOR, request, deadline, "setting the governor")
        return self._exchange.unpack(functools.partial(unpack_json, name="GOVERNOR reply"), body)

    def close(self, polite: bool = True) -> None:
        """Says BYE (and waits a moment for the answer, if `polite`), then closes the link; raises nothing."""
        with contextlib.suppress(DeviceError):
            if polite and hasattr(self, "hello"):
                self._exchange.request(Kind.BYE, b"", Deadline(1.0), "saying BYE")
        self._link.close()

    def __enter__(self) -> DeviceSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(polite=kind is None)

    def _command(self, kind: Kind, body: bytes, deadline: Deadline, doing: str) -> None:
        reply = self._exchange.request(kind, body, deadline, doing)
        self._exchange.unpack(functools.partial(expect_empty, name=f"{kind.name} reply"), reply)
