from __future__ import annotations

import hashlib

import pytest

from edgekit.agent.errors import AgentError
from edgekit.agent.upload import MODEL_CAPACITY, Upload
from edgekit.wire.codes import Status
from edgekit.wire.messages import LoadBegin, LoadData

MODEL = b"\x1c\0\0\0TFL3" + bytes(range(100))


def announce(model: bytes = MODEL) -> LoadBegin:
    return LoadBegin(len(model), hashlib.sha256(model).digest())


def status_of(caught: pytest.ExceptionInfo[AgentError]) -> Status:
    return caught.value.status


def test_a_model_arrives_in_parts() -> None:
    upload = Upload()
    upload.begin(announce())
    for offset in range(0, len(MODEL), 40):
        upload.add(LoadData(offset, MODEL[offset : offset + 40]))
    assert upload.end() == (MODEL, hashlib.sha256(MODEL).digest())
    with pytest.raises(AgentError, match="LOAD_BEGIN comes first"):
        upload.end()


def test_a_new_announcement_drops_what_came_before() -> None:
    upload = Upload()
    upload.begin(announce())
    upload.add(LoadData(0, MODEL[:50]))
    upload.begin(announce())
    with pytest.raises(AgentError, match="at offset 50, expected 0") as caught:
        upload.add(LoadData(50, MODEL[50:]))
    assert status_of(caught) == Status.BAD_STATE


@pytest.mark.parametrize(
    ("announced", "sent", "status"),
    [
        (announce(), MODEL[:-1], Status.BAD_STATE),
        (announce(), MODEL[:-1] + b"!", Status.HASH_MISMATCH),
        (announce(b"no model"), b"no model", Status.BAD_MODEL),
    ],
)
def test_what_is_not_the_announced_model_is_refused_and_forgotten(
    announced: LoadBegin, sent: bytes, status: Status
) -> None:
    upload = Upload()
    upload.begin(announced)
    upload.add(LoadData(0, sent))
    with pytest.raises(AgentError) as caught:
        upload.end()
    assert status_of(caught) == status
    with pytest.raises(AgentError, match="LOAD_BEGIN comes first"):
        upload.add(LoadData(0, sent))


def test_more_than_was_announced_is_refused() -> None:
    upload = Upload()
    upload.begin(announce())
    with pytest.raises(AgentError) as caught:
        upload.add(LoadData(0, MODEL + b"!"))
    assert status_of(caught) == Status.BAD_RANGE


def test_a_model_above_the_capacity_is_refused_before_it_is_sent() -> None:
    with pytest.raises(AgentError) as caught:
        Upload().begin(LoadBegin(MODEL_CAPACITY + 1, bytes(32)))
    assert status_of(caught) == Status.TOO_LARGE
