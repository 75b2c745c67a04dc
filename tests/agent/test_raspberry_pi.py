from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.agent.raspberry_pi import read_temperature_c, read_throttled
from tests.agent.boards import UNREGISTERED, fake_program, tree


@pytest.mark.parametrize(
    ("output", "bits"),
    [("throttled=0x0\n", 0), ("throttled=0x50005\n", 0x50005), (UNREGISTERED, None), ("", None)],
)
def test_vcgencmd_tells_what_throttles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, bits: int | None
) -> None:
    fake_program(monkeypatch, tmp_path, "vcgencmd", {"get_throttled": output})
    assert read_throttled(str(tmp_path / "none")) == bits


def test_a_file_is_asked_before_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_program(monkeypatch, tmp_path, "vcgencmd", {"get_throttled": "throttled=0x0\n"})
    root = tree(tmp_path, {"sys/devices/platform/soc/soc:firmware/get_throttled": "50000\n"})
    assert read_throttled(root) == 0x50000


@pytest.mark.parametrize(
    ("output", "temperature_c"), [("temp=39.5'C\n", 39.5), (UNREGISTERED, None), ("temp=warm\n", None)]
)
def test_vcgencmd_tells_the_temperature(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, temperature_c: float | None
) -> None:
    fake_program(monkeypatch, tmp_path, "vcgencmd", {"measure_temp": output})
    assert read_temperature_c() == temperature_c


def test_without_vcgencmd_nothing_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_temperature_c() is None
    assert read_throttled(str(tmp_path)) is None
