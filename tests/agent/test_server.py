"""What the agent answers, frame by frame."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest

from edgekit.agent_bundle import build_agent
from edgekit.wire import codes
from edgekit.wire import messages as m
from edgekit.wire.frame import Frame, encode_frame
from tests.agent.conftest import Agent


def test_hello_says_what_the_agent_is(agent: Agent) -> None:
    pytest.importorskip("ai_edge_litert", reason="needs a TFLite runtime: pip install ai-edge-litert")
    hello = m.Hello.unpack(agent.ask(codes.Kind.HELLO, m.HelloRequest().pack()).body)
    assert hello.protocol == 1
    assert hello.capabilities == codes.Capability.TENSORS | codes.Capability.HOST_OS | codes.Capability.WATCH
    assert hello.timer_hz == 10**9
    assert hello.build == hashlib.sha256(build_agent()).hexdigest()[:16]
    assert agent.refused(codes.Kind.HELLO, m.HelloRequest(2).pack()) == (
        codes.Status.BAD_REQUEST,
        "this agent speaks version 1, not 2",
    )


def test_a_repeated_request_gets_the_same_answer_without_being_executed(
    greeted: Agent, add_model: bytes
) -> None:
    assert greeted.load(add_model).status == codes.Status.OK
    invoke = encode_frame(Frame(codes.Kind.INVOKE, 0, greeted.sequence + 1, m.Invoke(runs=3).pack()))
    first = greeted.send(invoke)
    assert first.status == codes.Status.OK
    # The ticks of another execution would differ.
    assert [greeted.send(invoke) for _ in range(3)] == [first] * 3
    following = Frame(codes.Kind.INVOKE, 0, greeted.sequence + 2, m.Invoke(runs=3).pack())
    assert greeted.send(encode_frame(following)) != first


def test_a_late_copy_is_refused_and_the_last_answer_stays(greeted: Agent) -> None:
    stats = Frame(codes.Kind.STATS, 0, greeted.sequence + 2)
    answer = greeted.send(encode_frame(stats))
    assert answer.status == codes.Status.OK
    for kind, sequence in (
        (codes.Kind.STATS, greeted.sequence + 1),
        (codes.Kind.STATS, 30000),
        (codes.Kind.HELLO, 1),
    ):
        late = greeted.send(encode_frame(Frame(kind, 0, sequence)))
        assert (late.kind, late.status) == (kind | codes.REPLY, codes.Status.BAD_STATE)
    assert greeted.send(encode_frame(stats)) == answer


def test_hello_forgets_the_last_answer_and_keeps_the_model(greeted: Agent, add_model: bytes) -> None:
    greeted.load(add_model)
    invoke = encode_frame(Frame(codes.Kind.INVOKE, 0, 501, m.Invoke(runs=2).pack()))
    greeted.sequence = 499
    greeted.ask(codes.Kind.HELLO, m.HelloRequest().pack())
    first = greeted.send(invoke)
    greeted.sequence = 498
    greeted.ask(codes.Kind.HELLO, m.HelloRequest().pack())
    assert greeted.send(invoke).body != first.body


def test_a_corrupt_frame_is_answered_with_bad_frame(greeted: Agent) -> None:
    reply = greeted.send(b"\0garbage\0")
    assert (reply.kind, reply.status, reply.sequence) == (codes.Kind.BAD_FRAME, codes.Status.BAD_FRAME, 0)
    assert m.ErrorBody.unpack(reply.body).message == "dropped a frame that is not COBS"


def test_requests_out_of_order_are_bad_state(agent: Agent) -> None:
    for kind, body in (
        (codes.Kind.CONDITIONS, b""),
        (codes.Kind.CONFIGURE, b"{}"),
        (codes.Kind.LOAD_END, b""),
        (codes.Kind.LOAD_DATA, m.LoadData(0, b"x").pack()),
        (codes.Kind.INVOKE, m.Invoke().pack()),
        (codes.Kind.WRITE_INPUT, m.WriteInput(0, 0, b"").pack()),
        (codes.Kind.READ, m.Read(1, 0, 0, 1).pack()),
    ):
        assert agent.refused(kind, body)[0] == codes.Status.BAD_STATE


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (codes.Kind.HELLO, b""),
        (codes.Kind.HELLO, b"\x01\0\0"),
        (codes.Kind.LOAD_BEGIN, bytes(35)),
        (codes.Kind.LOAD_DATA, b"\0\0\0"),
        (codes.Kind.LOAD_END, b"x"),
        (codes.Kind.WRITE_INPUT, bytes(5)),
        (codes.Kind.INVOKE, bytes(11)),
        (codes.Kind.READ, bytes(12)),
        (codes.Kind.STATS, b"x"),
        (codes.Kind.CONFIGURE, b"[]"),
        (codes.Kind.CONDITIONS, b"x"),
        (codes.Kind.BYE, b"x"),
    ],
)
def test_a_body_that_does_not_fit_is_a_bad_request(greeted: Agent, kind: codes.Kind, body: bytes) -> None:
    assert greeted.refused(kind, body)[0] == codes.Status.BAD_REQUEST


def test_an_unknown_kind_is_told(agent: Agent) -> None:
    assert agent.refused(0x42) == (codes.Status.UNKNOWN_KIND, "there is no request 0x42")


def test_a_model_that_is_not_what_was_announced_is_refused(greeted: Agent, add_model: bytes) -> None:
    greeted.ask(codes.Kind.LOAD_BEGIN, m.LoadBegin(len(add_model), bytes(32)).pack())
    greeted.ask(codes.Kind.LOAD_DATA, m.LoadData(0, add_model).pack())
    assert greeted.refused(codes.Kind.LOAD_END)[0] == codes.Status.HASH_MISMATCH
    assert greeted.refused(codes.Kind.INVOKE, m.Invoke().pack())[0] == codes.Status.BAD_STATE
    greeted.ask(codes.Kind.LOAD_BEGIN, m.LoadBegin(4, bytes(32)).pack())
    assert greeted.refused(codes.Kind.LOAD_DATA, m.LoadData(1, b"x").pack())[0] == codes.Status.BAD_STATE
    assert greeted.refused(codes.Kind.LOAD_DATA, m.LoadData(0, b"12345").pack())[0] == codes.Status.BAD_RANGE
    assert greeted.refused(codes.Kind.LOAD_END) == (codes.Status.BAD_STATE, "0 of 4 bytes arrived")
    huge = m.LoadBegin(0xFFFFFFFF, bytes(32)).pack()
    assert greeted.refused(codes.Kind.LOAD_BEGIN, huge)[0] == codes.Status.TOO_LARGE


def test_a_model_that_failed_to_load_leaves_none_behind(greeted: Agent, add_model: bytes) -> None:
    assert greeted.load(add_model).status == codes.Status.OK
    assert greeted.load(add_model[:200]).status == codes.Status.BAD_MODEL
    assert greeted.load(b"PK\x03\x04 a zip, not a model").status == codes.Status.BAD_MODEL
    assert greeted.refused(codes.Kind.INVOKE, m.Invoke().pack())[0] == codes.Status.BAD_STATE


@pytest.mark.parametrize(
    ("invoke", "status"),
    [
        (m.Invoke(runs=0), codes.Status.BAD_REQUEST),
        (m.Invoke(runs=8193), codes.Status.BAD_REQUEST),
        (m.Invoke(warmup=0xFFFFFFFF), codes.Status.BAD_REQUEST),
        (m.Invoke(first_operator=1), codes.Status.UNSUPPORTED),
        (m.Invoke(num_operators=1), codes.Status.UNSUPPORTED),
    ],
)
def test_what_the_agent_cannot_run_is_refused(
    greeted: Agent, add_model: bytes, invoke: m.Invoke, status: codes.Status
) -> None:
    greeted.load(add_model)
    assert greeted.refused(codes.Kind.INVOKE, invoke.pack())[0] == status


@pytest.mark.parametrize(
    "options",
    [
        {"kernel": "fast"},
        {"kernels": "slow"},
        {"threads": 0},
        {"threads": True},
        {"threads": "2"},
        {"delegate": "gpu"},
        {"runtime": "onnx"},
        {"runtime": 1},
        {"delegate": []},
        {"cores": []},
        {"cores": [0, "1"]},
        {"cores": 0},
        {"cores": [1023]},
        {"cores": [True]},
        {"kernels": "reference", "delegate": "xnnpack"},
    ],
)
def test_a_wrong_option_is_refused_and_changes_nothing(greeted: Agent, options: dict[str, object]) -> None:
    assert greeted.refused(codes.Kind.CONFIGURE, m.pack_json(options))[0] == codes.Status.BAD_REQUEST
    reply = greeted.ask(codes.Kind.CONFIGURE, b"{}")
    found = m.unpack_json(reply.body, "CONFIGURE")
    assert (found["kernels"], found["threads"]) == ("fast", 1)
    assert found["cores"] == sorted(os.sched_getaffinity(0))
    assert "delegate" not in found


def test_a_read_longer_than_a_reply_is_refused(greeted: Agent, add_model: bytes) -> None:
    greeted.load(add_model)
    request = m.Read(codes.Space.INPUT, 0, 0, 0xFFFFFFFF).pack()
    assert greeted.refused(codes.Kind.READ, request)[0] == codes.Status.BAD_RANGE


def in_force(agent: Agent, options: dict[str, object]) -> dict[str, Any]:
    reply = agent.ask(codes.Kind.CONFIGURE, m.pack_json(options))
    assert reply.status == codes.Status.OK, reply.body
    return m.unpack_json(reply.body, "CONFIGURE")


def test_what_is_in_force_can_be_asked_without_losing_the_model(greeted: Agent, add_model: bytes) -> None:
    assert "delegate" not in in_force(greeted, {})
    greeted.load(add_model)
    found = in_force(greeted, {})
    assert (found["delegate"], found["num_operators_delegated"], found["num_partitions"]) == ("xnnpack", 2, 1)
    assert (found["runtime"], found["name"].split()[0]) == ("litert", "ai-edge-litert")
    assert greeted.ask(codes.Kind.INVOKE, m.Invoke().pack()).status == codes.Status.OK
    in_force(greeted, {"delegate": "none"})
    assert greeted.refused(codes.Kind.INVOKE, m.Invoke().pack())[0] == codes.Status.BAD_STATE


def test_the_delegate_is_really_off_when_it_is_said_to_be(greeted: Agent, add_model: bytes) -> None:
    for options, delegate in (
        ({"delegate": "none"}, "none"),
        ({"delegate": "xnnpack"}, "xnnpack"),
        ({"delegate": None, "kernels": "reference"}, "none"),
    ):
        assert in_force(greeted, options)["delegate"] == delegate
        greeted.load(add_model)
        found = in_force(greeted, {})
        assert (found["delegate"], found["num_partitions"]) == (delegate, int(delegate == "xnnpack"))


def test_the_process_is_pinned_and_let_go(greeted: Agent) -> None:
    allowed = sorted(os.sched_getaffinity(0))
    last = allowed[-1]
    assert in_force(greeted, {"cores": [last]})["cores"] == [last]
    tasks = [int(each.name) for each in Path(f"/proc/{greeted.process.pid}/task").iterdir()]
    assert len(tasks) > 1
    assert all(os.sched_getaffinity(each) == {last} for each in tasks)
    assert in_force(greeted, {"threads": 2})["cores"] == [last]
    assert in_force(greeted, {"cores": None})["cores"] == allowed


def test_the_harness_is_measured_once_a_model_is_there(greeted: Agent, add_model: bytes) -> None:
    assert "harness_ns" not in m.unpack_stats(greeted.ask(codes.Kind.STATS).body)
    greeted.load(add_model)
    first = m.unpack_stats(greeted.ask(codes.Kind.STATS).body)["harness_ns"]
    assert 0 < first < 10_000
    assert m.unpack_stats(greeted.ask(codes.Kind.STATS).body)["harness_ns"] == first


def test_a_runtime_that_is_not_there_is_named_and_the_other_stays(greeted: Agent, add_model: bytes) -> None:
    if importlib.util.find_spec("tflite_runtime") is not None:
        pytest.skip("tflite_runtime is installed")
    status, message = greeted.refused(codes.Kind.CONFIGURE, m.pack_json({"runtime": "tflite_runtime"}))
    assert status == codes.Status.NO_RUNTIME
    assert "tflite_runtime" in message
    assert in_force(greeted, {})["runtime"] == "litert"
    greeted.load(add_model)
