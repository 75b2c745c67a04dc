from __future__ import annotations

from typing import Any

from edgekit.bench.watching import Watching
from edgekit.deadline import Deadline
from edgekit.wire.codes import Capability, Status
from tests.fake_session import FakeSession


def watching(session: FakeSession) -> Watching:
    return Watching(session, lambda: Deadline(10))  # type: ignore[arg-type]


def watch_all(session: FakeSession) -> Any:
    watcher = watching(session)
    watcher.start(2.5)
    watcher.begin()
    return watcher.stop()


def test_a_device_without_a_watcher_is_not_asked() -> None:
    session = FakeSession()
    assert watch_all(session) is None
    assert session.calls == []


def test_a_board_rests_only_if_its_power_is_measured() -> None:
    plain = FakeSession(
        capabilities=Capability.WATCH, found_watch={"stop": {"num_samples": 5, "hottest_c": None}}
    )
    assert watch_all(plain) == {"num_samples": 5}
    assert plain.calls == ["watch_start", "watch_begin", "watch_stop"]
    sensing = FakeSession(capabilities=Capability.WATCH, found_watch={"start": {"sensor": "rpi5_pmic"}})
    watch_all(sensing)
    assert sensing.calls == ["watch_start", "watch_idle", "watch_begin", "watch_stop"]


def test_a_watcher_that_died_is_what_it_tells() -> None:
    lost = {"lost": "the watcher has ended by signal 9"}
    session = FakeSession(
        capabilities=Capability.WATCH, found_watch={"begin": lost, "stop": {"num_samples": 9}}
    )
    assert watch_all(session) == lost
    assert "watch_stop" not in session.calls


def test_a_watcher_that_refuses_vouches_for_nothing() -> None:
    session = FakeSession(capabilities=Capability.WATCH, refuses={"watch_start": Status.RUNTIME_FAILED})
    found = watch_all(session)
    assert "the fake device refuses watch_start" in found["lost"]
