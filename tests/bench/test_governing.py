from __future__ import annotations

import pytest

from edgekit.bench.governing import Governing
from edgekit.deadline import Deadline
from edgekit.errors import RemoteError
from edgekit.wire.codes import Capability, Status
from tests.fake_session import FakeSession


def governing(session: FakeSession, name: str | None = "performance") -> Governing:
    return Governing(session, name, lambda: Deadline(10))  # type: ignore[arg-type]


def test_it_is_set_once_and_put_back_once() -> None:
    session = FakeSession(capabilities=Capability.WATCH)
    governor = governing(session)
    assert governor.set() is True
    governor.restore()
    governor.restore()
    governor.restore_in_passing()
    assert session.calls == ["set_governor", "restore_governor"]


def test_a_device_without_one_and_a_request_without_one_are_told_apart() -> None:
    plain = FakeSession(capabilities=Capability.NONE)
    assert governing(plain).set() is False
    able = FakeSession(capabilities=Capability.WATCH)
    assert governing(able, None).set() is None
    for each in (governing(plain), governing(able, None)):
        each.restore()
        each.restore_in_passing()
    assert plain.calls == able.calls == []


def test_one_that_could_not_be_set_is_not_put_back() -> None:
    session = FakeSession(capabilities=Capability.WATCH, refuses={"set_governor": Status.RUNTIME_FAILED})
    governor = governing(session)
    with pytest.raises(RemoteError):
        governor.set()
    governor.restore()
    assert session.calls == ["set_governor"]


def test_putting_it_back_in_passing_hides_no_other_error() -> None:
    session = FakeSession(capabilities=Capability.WATCH, fails_on=frozenset({"restore_governor"}))
    governor = governing(session)
    governor.set()
    governor.restore_in_passing()
    assert session.calls == ["set_governor", "restore_governor"]
