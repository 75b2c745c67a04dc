"""Bad lines in front of the real firmware: nothing wrong is ever reported, and work goes on when the line does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgekit import exchange
from edgekit.deadline import Deadline
from edgekit.errors import DeviceError, RemoteError
from edgekit.faulty_link import FaultyLink
from edgekit.host_device import HostDeviceLink
from edgekit.oracle import find_oracle
from edgekit.session import DeviceSession
from edgekit.tflite_model import read_model
from edgekit.wire.codes import Kind, Status
from edgekit.wire.frame import Frame, FrameDecoder, encode_frame
from edgekit.wire.messages import Hello, HelloRequest
from tests.generators.networks import build_small_network

RECOVERY_S = 2.0
MODELS = [build_small_network(seed, size=4, channels=3) for seed in range(3)]
FAULTS = ("lose", "double", "flip", "cut", "hold", "late", "noise")


def expect(model: bytes, seed: int) -> tuple[bytes, bytes]:
    """An input and the output that belongs to it."""
    oracle = find_oracle(model)
    assert oracle is not None
    shape = read_model(model).inputs[0].shape
    value = np.random.default_rng(seed).integers(-128, 128, shape).astype(np.int8)
    (output,) = oracle.invoke([value])
    return value.tobytes(), output.tobytes()


EXPECTED = {(which, seed): expect(model, seed) for which, model in enumerate(MODELS) for seed in range(4)}


def infer(session: DeviceSession, which: int, seed: int, deadline: Deadline) -> None:
    value, output = EXPECTED[which, seed]
    session.write_input(0, value, deadline)
    session.invoke(deadline)
    assert session.read_output(0, len(output), deadline) == output


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes seconds on a real line takes milliseconds here; the order of events is the same."""
    monkeypatch.setattr(exchange, "FIRST_INTERVAL_S", 0.004)
    monkeypatch.setattr(exchange, "HELLO_INTERVAL_S", 0.004)
    monkeypatch.setattr(exchange, "LAST_INTERVAL_S", 0.01)


@pytest.mark.usefixtures("impatient")
def test_no_line_is_so_bad_that_a_result_is_wrong_or_lost() -> None:
    met = 0

    @settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(
        odds=st.fixed_dictionaries({fault: st.sampled_from([0.0, 0.0, 0.03, 0.08]) for fault in FAULTS}),
        seed=st.integers(0, 2**32 - 1),
        max_body=st.sampled_from([64, 200, 1000]),
    )
    def check(odds: dict[str, float], seed: int, max_body: int) -> None:
        nonlocal met
        faulty = FaultyLink(HostDeviceLink(), seed=seed, **odds)
        session = DeviceSession.open(faulty, Deadline(20))
        # Small bodies make many frames, and many frames meet many faults.
        session.hello = Hello(**{**vars(session.hello), "max_body": max_body})
        for which in (seed % 3, (seed + 1) % 3):
            session.load(MODELS[which], Deadline(20))
            for number in range(2):
                infer(session, which, (seed + number) % 4, Deadline(20))
        session.close(polite=False)
        met += faulty.num_faults

    check()
    assert met > 1000


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_alone_is_survived_when_it_is_frequent(fault: str) -> None:
    faulty = FaultyLink(HostDeviceLink(), seed=7, **{fault: 0.4})
    session = DeviceSession.open(faulty, Deadline(60))
    session.hello = Hello(**{**vars(session.hello), "max_body": 256})
    session.load(MODELS[0], Deadline(60))
    for seed in range(4):
        infer(session, 0, seed, Deadline(60))
    assert faulty.num_faults > 10


def upload(session: DeviceSession) -> None:
    session.load(MODELS[0], Deadline(20))


def run(session: DeviceSession) -> None:
    infer(session, 0, 1, Deadline(20))


def greet(session: DeviceSession) -> None:
    session.say_hello(Deadline(20))


@pytest.mark.parametrize("broken_s", [0.4, 3.4])
@pytest.mark.parametrize("work", [greet, upload, run])
def test_work_goes_on_within_two_seconds_after_the_line_does(
    work: Callable[[DeviceSession], None], broken_s: float
) -> None:
    faulty = FaultyLink(_Waiting())
    session = DeviceSession.open(faulty, Deadline(20))
    upload(session)
    ended: list[float] = []

    def repair() -> None:
        faulty.is_broken = False
        ended.append(time.monotonic())

    faulty.is_broken = True
    timer = threading.Timer(broken_s, repair)
    timer.start()
    work(session)
    timer.join()
    recovery_s = time.monotonic() - ended[0]
    print(f"recovery {recovery_s:.3f} s")  # shown by pytest -rP
    assert 0 <= recovery_s < RECOVERY_S


class _Waiting(HostDeviceLink):
    """Waits as a real line does instead of answering at once that there is nothing."""

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        data = super().read(max_bytes, deadline)
        if not data:
            time.sleep(min(0.01, deadline.remaining_s()))
        return data


def test_of_two_hosts_on_one_device_the_first_is_refused_and_the_second_served() -> None:
    link = HostDeviceLink()
    first = DeviceSession.open(link, Deadline(10))
    first.load(MODELS[0], Deadline(10))
    infer(first, 0, 0, Deadline(10))
    second = DeviceSession.open(link, Deadline(10))
    refused = 0
    for attempt in (lambda: first.invoke(Deadline(5)), lambda: infer(first, 0, 1, Deadline(5))):
        with pytest.raises(RemoteError, match="the conversation that the last HELLO began") as caught:
            attempt()
        refused += caught.value.status == Status.BAD_STATE
    assert refused == 2
    second.load(MODELS[1], Deadline(10))
    with pytest.raises(RemoteError):
        first.load(MODELS[0], Deadline(5))
    infer(second, 1, 1, Deadline(10))
    # The first may take the device back, openly.
    first.say_hello(Deadline(5))
    first.load(MODELS[0], Deadline(5))
    infer(first, 0, 2, Deadline(5))


def test_a_host_that_died_in_the_middle_of_an_upload_leaves_the_device_to_the_next() -> None:
    link = HostDeviceLink()
    dead = DeviceSession.open(link, Deadline(10))

    class KilledError(Exception):
        pass

    def die(_: int) -> None:
        link.write(encode_frame(Frame(Kind.LOAD_DATA, 0, 3, bytes(500)))[:300], Deadline(1))
        raise KilledError

    with pytest.raises(KilledError):
        dead.load(MODELS[0], Deadline(10), die)
    began = time.monotonic()
    session = DeviceSession.open(link, Deadline(10))
    with pytest.raises(RemoteError, match="no model is loaded"):
        session.invoke(Deadline(5))
    session.load(MODELS[2], Deadline(10))
    infer(session, 2, 3, Deadline(10))
    assert time.monotonic() - began < RECOVERY_S


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    stream=st.one_of(
        st.binary(max_size=400),
        st.lists(
            st.sampled_from([b"\0", b"\xff", b"\1", b"\0\0", encode_frame(Frame(0x02, 0, 9))]), max_size=60
        ).map(b"".join),
        st.integers(1, 9000).map(lambda length: b"\0" + b"\xff" * length),
    ),
    sequence=st.integers(0, 0xFFFF),
)
def test_after_any_stream_the_device_understands_the_next_hello(stream: bytes, sequence: int) -> None:
    link = HostDeviceLink(model_capacity=4096, arena_capacity=4096)
    link.write(stream, Deadline(1))
    link.read(1 << 20, Deadline(0))
    hello = b"\0" + encode_frame(Frame(Kind.HELLO, 0, sequence, HelloRequest().pack()))
    frames: list[object] = []
    for _ in range(2):  # the first may be taken for the end of what was broken before
        link.write(hello, Deadline(1))
        frames += FrameDecoder(600).feed(link.read(1 << 20, Deadline(0)))
    assert any(isinstance(each, Frame) and each.kind == 0x81 and each.status == 0 for each in frames)


@pytest.mark.usefixtures("impatient")
def test_a_line_that_lets_nothing_sound_through_ends_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    faulty = FaultyLink(HostDeviceLink(), flip=1.0, seed=3)
    with pytest.raises(DeviceError):
        DeviceSession.open(faulty, Deadline(0.5))
